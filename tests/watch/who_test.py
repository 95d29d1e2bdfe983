#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who made what crossed a machine's execs: the call, its thread, and the functions that led there."""
import platform
import subprocess
import unittest

from support import CLOEXEC, PROBE, WatchTest

PYTHON = """
import ctypes, subprocess, threading, time
libc = ctypes.CDLL("libc.so.6")
def leak(): libc.fopen(b"/etc/hosts", b"r")
thread = threading.Thread(target=leak, name="leaker")
thread.start()
thread.join()
subprocess.run([PROBE, "arrived"], close_fds=False)
# On a busy machine it is looked at late.
time.sleep(2)
"""


@unittest.skipUnless(platform.machine() == "x86_64", "stacks are looked at on x86-64 alone")
class Who(WatchTest):
    def last(self, command, *options):
        with self.watch("--who", *options) as found:
            result = self.run_command(command)
            self.assertEqual(result.returncode, 0, result.stderr)
        return found[0], {fd["target"].split()[0]: fd for fd in found[0].of(PROBE, "arrived")[-1]["fds"]}

    def test_a_library_in_a_thread(self):
        report, fds = self.last(["/usr/bin/python3", "-c", PYTHON.replace("PROBE", repr(PROBE))])
        self.assertEqual(report.lost, 0)
        created = fds["/etc/hosts"]["created"]
        self.assertTrue(created["call"].startswith("fopen"), created)
        self.assertTrue(created["module"].startswith("libffi.so"), created)
        self.assertNotEqual(created["pid"], created["tid"])
        self.assertIn("_PyEval_EvalFrameDefault", [frame["function"] for frame in created["stack"]])

    def test_a_static_program(self):
        _, fds = self.last([PROBE, "open", "socket", "fork", "pipe", "start", "end"])
        for target, call in (("/etc/passwd", "open"), ("unix", "socket"), ("pipe:", "pipe")):
            fd = next(one for name, one in fds.items() if name.startswith(target))
            functions = [frame["function"] for frame in fd["created"]["stack"]]
            self.assertIn("main", functions, fd)
            # Since glibc 2.41 what can be cancelled is made by a function of a function.
            self.assertTrue(any(call in function for function in functions[:3]), fd)
            self.assertEqual(fd["created"]["when"], "child" if target == "pipe:" else "parent")

    def test_a_32_bit_program(self):
        """Its system calls have other numbers: nothing is said rather than something wrong."""
        program = self.folder / "probe-i386"
        built = subprocess.run(["gcc", "-m32", "-static", "-idirafter", "/usr/include/x86_64-linux-gnu", "-w", "-pthread",
                                str(self.SOURCE), "-o", str(program)], capture_output=True, check=False)
        if built.returncode != 0 or not self.runs_narrow():
            self.skipTest("no 32-bit programs here")
        with self.watch("--who") as found:
            self.probe("open", "fork", "start", "end", program=program)
        fd = found[0].of(program, "arrived")[-1]["fds"][0]
        self.assertEqual((fd["target"], fd["created"]["stack"]), ("/etc/passwd", []))

    def test_it_is_for_machines_alone(self):
        result = self.run_command([CLOEXEC, "audit", "--who", "true"])
        self.assertEqual(result.returncode, 125)
        self.assertIn("--who goes with --system alone", result.stderr)


if __name__ == "__main__":
    unittest.main()
