# SPDX-License-Identifier: Apache-2.0
"""What the tests of the supervisor share: the same command bare and supervised, and programs to be built."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from namespaces import need  # noqa: E402,F401
from processes import NOBODY, PATIENCE, ProcessTest, alive, state, tracer  # noqa: E402,F401

HERE = pathlib.Path(__file__).resolve().parent
CLOEXEC = os.environ["CLOEXEC"]
PROBE = os.environ["PROBE"]
SHIM = os.environ["SHIM"]

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


class SupervisedTest(ProcessTest):
    def build(self, name):
        """probe.c, by another compiler: its path."""
        program = self.folder / f"probe-{name}"
        subprocess.run([*BUILDS[name], "-w", "-O1", "-pthread", str(HERE / "probe.c"), "-o", str(program)], check=True)
        return program

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
