# SPDX-License-Identifier: Apache-2.0
"""The set's processes as /proc lists them, zombies too, and the end of those that nobody waits for."""
import collections
import contextlib
import os
import pathlib
import signal
import time

Process = collections.namedtuple("Process", "pid name state parent session threads started")
TICKS = os.sysconf("SC_CLK_TCK")


def look_at(pid):
    """stat of proc(5); None when it is gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2:].split()
    name = stat[stat.index("(") + 1:stat.rindex(")")]
    return Process(int(pid), name, fields[0], int(fields[1]), int(fields[3]), int(fields[17]), int(fields[19]) / TICKS)


def family():
    """This process and its descendants."""
    children = collections.defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (process := look_at(entry)):
            children[process.parent].append(process)
    found = [look_at(os.getpid())]
    for member in found:
        found += children[member.pid]
    return found


def folder_of(pid):
    """Its working directory: by that a server's processes are told from another's, whoever their parent is by now."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def running_in(folder):
    return [each.pid for each in family() if each.state != "Z" and pathlib.Path(folder_of(each.pid)).is_relative_to(folder)]


def is_running(pid):
    process = look_at(pid)
    return process is not None and process.state != "Z"


def send(pid, number):
    """To one of ours only: a pid file may be older than a process that has the number now."""
    if any(each.pid == pid for each in family()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Reaper:
    """Waits for servers and for what they leave behind. What this process runs to its end is of its own session, and is
    waited for by its caller."""
    EXPECTED = (signal.SIGKILL, signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)

    def __init__(self, report):
        self.report = report

    def reap(self):
        own = look_at(os.getpid())
        for each in family():
            if each.state == "Z" and each.parent == own.pid and each.session != own.session:
                with contextlib.suppress(ChildProcessError):
                    status = os.waitpid(each.pid, os.WNOHANG)[1]
                    if os.WIFSIGNALED(status) and os.WTERMSIG(status) not in self.EXPECTED:
                        self.report(f"a process ended by {signal.Signals(os.WTERMSIG(status)).name}")

    def reap_until(self, ends):
        while not ends.is_set():
            self.reap()
            time.sleep(1)
