# SPDX-License-Identifier: Apache-2.0
"""What tests share that start programs, look at them in /proc, and end them by their process ids."""
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
NOBODY = 65534
PATIENCE = 60  # seconds to wait for what takes a fraction of one


def state(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return stat[stat.rindex(")") + 2]


def alive(pid):
    """Whether it has not ended; one that nobody has waited for has."""
    with contextlib.suppress(OSError):
        return state(pid) not in "ZX"
    return False


def tracer(pid):
    """Its tracer's process id; 0 when there is none."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("TracerPid:")))


class ProcessTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise AssertionError("needs root: some of these programs run as others")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cloexec-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        # Stands for /etc/cloexec.conf, so that what this machine has there changes nothing.
        self.nothing = self.folder / "nothing.conf"
        self.nothing.write_text("")

    def environment(self, variables=None):
        return {"PATH": PATH, "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
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
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def wait_for(self, condition, what):
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                if value := condition():
                    return value
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            time.sleep(0.005)

    def kill(self, pid, number=signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
