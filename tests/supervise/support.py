# SPDX-License-Identifier: Apache-2.0
"""What the tests of the supervisor share: the same command bare and supervised, and programs to be built."""
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CLOEXEC = os.environ["CLOEXEC"]
PROBE = os.environ["PROBE"]
SHIM = os.environ["SHIM"]
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
NOBODY = 65534
PATIENCE = 60  # seconds to wait for what takes a fraction of one

# The same program, as other compilers link it. i386 lacks a link to its headers (cmake/i386.cmake).
BUILDS = {
    "musl": ["musl-gcc", "-static"],
    "static-pie": ["gcc", "-static-pie", "-fPIE"],
    "i386": ["gcc", "-m32", "-static", "-idirafter", "/usr/include/x86_64-linux-gnu"],
    "dynamic": ["gcc"],
}


def runs_narrow():
    """Whether this kernel runs 32-bit programs: many are built without (CONFIG_IA32_EMULATION)."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "nothing")
        subprocess.run([*BUILDS["i386"], "-x", "c", "-", "-o", str(program)], input=b"int main(void) { return 0; }", check=True)
        try:
            return subprocess.run([str(program)], check=False).returncode == 0
        except OSError:
            return False


def supervised(*words, mode="off", options=()):
    """A command line. In mode off the shim does nothing: what is seen is the supervisor's doing."""
    return [CLOEXEC, "run", "--supervise", *(["--mode", mode] if mode else []), *options, "--", *map(str, words)]


def alive(pid):
    """Whether it has not ended; one that nobody has waited for has."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat[stat.rindex(")") + 2] not in "ZX"


def state(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return stat[stat.rindex(")") + 2]


def tracer(pid):
    """Its tracer's process id; 0 when there is none."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("TracerPid:")))


class SupervisedTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise AssertionError("needs root: some of these programs run as others")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cloexec-supervise-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        # Stands for /etc/cloexec.conf, so that what this machine has there changes nothing.
        self.nothing = self.folder / "nothing.conf"
        self.nothing.write_text("")

    def environment(self, variables=None):
        return {"PATH": PATH, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
                "CLOEXEC_POLICY_FILE": str(self.nothing), **(variables or {})}

    def run_command(self, command, variables=None, **options):
        options = {"stdin": subprocess.DEVNULL, "timeout": PATIENCE, "cwd": self.folder} | options
        return subprocess.run([str(word) for word in command], env=self.environment(variables), capture_output=True,
                              text=True, errors="surrogateescape", check=False, **options)

    def start(self, command, variables=None, **options):
        """Starts it; it is ended with the test, by its process id."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True, "cwd": self.folder} | options
        process = subprocess.Popen([str(word) for word in command], env=self.environment(variables), **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)
        if process.stdout:
            process.stdout.close()

    def build(self, name):
        """probe.c, by another compiler: its path."""
        program = self.folder / f"probe-{name}"
        subprocess.run([*BUILDS[name], "-w", "-O1", "-pthread", str(HERE / "probe.c"), "-o", str(program)], check=True)
        return program

    def wait_for(self, condition, what):
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                if value := condition():
                    return value
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            time.sleep(0.005)

    @staticmethod
    def children_of(pid):
        """Processes that `pid` has made, and that have not ended."""
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children]

    def supervisor_of(self, process):
        return self.wait_for(lambda: tracer(process.pid), "a supervisor")

    def expect(self, result, status, output=None, errors=None):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        if output is not None:
            self.assertEqual(result.stdout, output)
        if errors is not None:
            self.assertEqual(result.stderr, errors)

    def kill(self, pid, number=signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
