# SPDX-License-Identifier: Apache-2.0
"""What a scenario can do: run programs bare or under the shim, wait for them, and count what they would pass on.

One process runs one scenario in one environment. It is the reaper of all that it starts, daemons too, so that everything
can be ended by process id.
"""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36
O_CLOEXEC = 0o2000000
PATIENCE = 30  # seconds to wait for what takes a fraction of one


class Failure(Exception):
    """The program did not do its main job."""


def inheritable(pids):
    """What these processes would pass on to a child that execs now: (pid, program, number, what it is) each, above 2."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            comm = pathlib.Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
            for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    info = pathlib.Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()
                    flags = next(int(line.split()[1], 8) for line in info.splitlines() if line.startswith("flags:"))
                    if int(entry.name) > 2 and not flags & O_CLOEXEC:
                        found.append((pid, comm, int(entry.name), os.readlink(entry)))
    return found


class Job:
    """One scenario's run. `variables` are what the environment under test adds, and `before` the words by which programs are
    run there: none when bare."""

    def __init__(self, variables, before=()):
        self.before = list(before)
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_"))}
        self.bare_environment = kept | {"LC_ALL": "C.UTF-8", "HOME": "/root"}
        self.environment = self.bare_environment | variables
        # Daemons that drop their privileges must reach it.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cloexec-system-"))
        self.directory.chmod(0o755)
        self.most_inheritable = None

    @property
    def command(self):
        """The command `cloexec` of the build tree that the shim is in; None when bare."""
        shim = self.environment.get("LD_PRELOAD")
        return shim and pathlib.Path(shim).parent.parent / "cli" / "cloexec"

    def run(self, *words, environment=None, bare=False, timeout=PATIENCE * 4, check=True, **options):
        """Runs a program to its end; its output is captured as text. `environment` adds variables."""
        done = subprocess.run(self._command(words, bare), env=self._environment(environment, bare), timeout=timeout,
                              **{"cwd": self.directory, "text": True, "capture_output": True} | self._input(options))
        if check and done.returncode != 0:
            raise Failure(f"{words[0]} exited with {done.returncode}: {done.stdout}{done.stderr}"[-2000:])
        return done

    def start(self, *words, environment=None, bare=False, **options):
        """Starts a program that goes on; what it prints goes to the file `log`."""
        with open(self.log, "ab") as log:
            # Some daemons signal their whole process group when they end.
            defaults = {"cwd": self.directory, "stdout": log, "stderr": log, "start_new_session": True}
            return subprocess.Popen(self._command(words, bare), env=self._environment(environment, bare),
                                    **defaults | self._input(options))

    @property
    def log(self):
        return self.directory / "log"

    def expect(self, condition, message):
        if not condition:
            raise Failure(message)

    def wait_for(self, condition, what, timeout=PATIENCE):
        """Returns what `condition()` returns as soon as that is true; an exception of an operating system call is not."""
        end = time.monotonic() + timeout
        while True:
            with contextlib.suppress(OSError):
                if value := condition():
                    return value
            if time.monotonic() > end:
                log = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
                raise Failure(f"waited in vain for {what}; {log}")
            time.sleep(0.02)

    def wait_for_port(self, port):
        self.wait_for(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close() is None, f"port {port}")

    def port(self):
        """A free port of the loopback interface."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            return taken.getsockname()[1]

    def write(self, name, text, mode=0o644):
        """A file in the scenario's directory; returns its path."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def processes(self):
        """The process ids of all that was started and still runs, but for what was started bare by name only."""
        parents = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    stat = (entry / "stat").read_text(errors="replace")  # any bytes may be a name
                    state, parent = stat[stat.rindex(")") + 2:].split()[:2]
                    if state != "Z":
                        parents[int(entry.name)] = int(parent)
        found, todo = [], [os.getpid()]
        while todo:
            parent = todo.pop()
            children = [pid for pid, its_parent in parents.items() if its_parent == parent]
            # A supervisor ends by itself when all others have.
            found += [pid for pid in children if not self._is_supervisor(pid)]
            todo += children
        return found

    def inheritable(self, pids=None):
        """The same of these, or of all processes of the scenario."""
        return inheritable(self.processes() if pids is None else pids)

    def count(self, pids=None):
        """Takes the number of inheritable descriptors for the table: to be called while the daemon does its main job."""
        self.most_inheritable = max(self.most_inheritable or 0, len(self.inheritable(pids)))
        return self.most_inheritable

    def end(self):
        """Ends everything by process id."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + (2 if number == signal.SIGTERM else 10)
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            while time.monotonic() < end:
                with contextlib.suppress(ChildProcessError):
                    while os.waitpid(-1, os.WNOHANG)[0] != 0:
                        pass
                if not self.processes():
                    break
                time.sleep(0.02)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _command(self, words, bare):
        return [str(word) for word in (words if bare else [*self.before, *words])]

    def _is_supervisor(self, pid):
        with contextlib.suppress(OSError):
            return bool(self.before) and os.readlink(f"/proc/{pid}/exe") == str(self.before[0])
        return False

    def _environment(self, added, bare):
        return (self.bare_environment if bare else self.environment) | (added or {})

    @staticmethod
    def _input(options):
        return options if "stdin" in options or "input" in options else options | {"stdin": subprocess.DEVNULL}
