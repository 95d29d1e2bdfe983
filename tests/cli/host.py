# SPDX-License-Identifier: Apache-2.0
"""Live processes for the tests of `cloexec ps`, with descriptors and in surroundings of their choice."""
import json
import os
import pathlib
import subprocess
import sys

# Runs `code`, in which keep(NAME, DESCRIPTOR) makes one inheritable; then names them all, and waits to be ended.
HOST = """
import ctypes, fcntl, json, os, select, socket, sys, termios
libc = ctypes.CDLL(None)
kept, objects = {}, []
def keep(name, one):
    objects.append(one)
    kept[name] = one if isinstance(one, int) else one.fileno()
    os.set_inheritable(kept[name], True)
    return one
"""
READY = """
print(json.dumps([os.getpid(), kept]), flush=True)
sys.stdin.read()
"""


class Host:
    """`behind`: a command that becomes, or starts, the one behind it."""

    def __init__(self, test, code, behind=(), executable=sys.executable, **options):
        self.process = subprocess.Popen([*behind, executable, "-c", HOST + code + READY], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, cwd=test.folder, **options)
        test.addCleanup(self.end)
        self.pid, self.fds = json.loads(self.process.stdout.readline())

    def link(self, name):
        return os.readlink(f"/proc/{self.pid}/fd/{self.fds[name]}")

    def end(self):
        """By the end of its input, which ends what stands in front of it, too."""
        if not self.process.stdin.closed:
            self.process.communicate()


def control_groups():
    """Where a process's groups lie in the hierarchies that systemd uses: version 2's, and version 1's of its name."""
    with open("/proc/self/cgroup") as file:
        own = {controllers: path for _, controllers, path in (line.rstrip("\n").split(":", 2) for line in file)}
    found = []
    with open("/proc/self/mounts") as file:
        for line in file:
            _, place, kind, options = line.split()[:4]
            controllers = {"cgroup2": "", "cgroup": "name=systemd"}.get(kind)
            if controllers in own and (kind == "cgroup2" or "name=systemd" in options.split(",")):
                found.append(pathlib.Path(place))
    return found


def put_into_group(test, pid, group):
    """Moves the process into a new group of that path; skips the test where there is no right to."""
    hierarchies = control_groups()
    made = []

    def remove():
        for folder in reversed(made):
            folder.rmdir()
    try:
        for hierarchy in hierarchies:
            for parent in [*reversed(pathlib.PurePosixPath(group).parents)][1:] + [group]:
                folder = hierarchy / parent
                if not folder.exists():
                    folder.mkdir()
                    made.append(folder)
            (folder / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        remove()
        test.skipTest(f"no right to make a control group: {error}")
    if not hierarchies:
        test.skipTest("there are no control groups here")
    return remove
