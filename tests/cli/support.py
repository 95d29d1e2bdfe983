# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share: starting it in an environment that holds only what the test puts there."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from namespaces import need  # noqa: E402,F401

CLOEXEC = os.environ["CLOEXEC"]
SHIM = os.environ["SHIM"]
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

# Opens through libc, as C programs do (Python's own open asks for close-on-exec), and prints the flag.
PROBE = [sys.executable, "-c",
         "import ctypes, fcntl; print(fcntl.fcntl(ctypes.CDLL(None).open(b'/dev/null', 0), fcntl.F_GETFD))"]


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # Stands for /etc/cloexec.conf, so that what this machine has there changes nothing.
        self.nothing = self.policy_file("nothing.conf", "")

    def policy_file(self, name, text, mode=0o644):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return str(path)

    def cloexec(self, *arguments, command=CLOEXEC, **variables):
        # A command with AddressSanitizer (preset asan) starts behind a preload all the same.
        environment = {"PATH": PATH, "ASAN_OPTIONS": "verify_asan_link_order=0", "CLOEXEC_POLICY_FILE": self.nothing, **variables}
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run([command, *arguments], env=environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="surrogateescape", timeout=60)

    def expect(self, result, status, output=None, errors=None):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        if output is not None:
            self.assertEqual(result.stdout, output)
        if errors is not None:
            self.assertEqual(result.stderr, errors)

    def expect_problem(self, result, status, place, what, line, column):
        """The message, the line, and the caret under the column."""
        self.expect(result, status)
        self.assertIn(f"{place}: {what}\n    {line}\n    {' ' * (column - 1)}^\n", result.stderr)
