# SPDX-License-Identifier: Apache-2.0
"""No number, no file, no memory left: every creating call fails as it does bare, leaves nothing open and nothing half
made."""
import re
import unittest

from support import FaultTest, probe

# exhaust tries so many calls, each as the first of its name and again.
CALLS = 76
FREOPEN_KEEPS = re.compile(r"freopen (dup,\S*|0-blocks) (cold|warm) \w+ left=1$")


class Exhaustion(FaultTest):
    def expect_same_end(self, *fault, error, ways, crashes=0):
        output = self.expect_same([probe("exhaust"), *fault], least=CALLS)
        lines = output.splitlines()
        self.assertEqual(len(lines), 2 * CALLS * ways)
        ended = [line for line in lines if "left=" in line]
        self.assertEqual(len(lines) - len(ended), crashes, output)
        # Bare it is the same; but glibc's own freopen leaves one open where it cannot move it to the stream's number, and
        # the probe one for which there is no stream to reopen.
        self.assertEqual([line for line in ended if not line.endswith("left=0") and not FREOPEN_KEEPS.match(line)], [])
        # Or nothing was exhausted.
        self.assertGreater(sum(f" {error} " in line for line in lines), ways)

    def test_rlimit_nofile(self):
        self.expect_same_end("numbers", error="EMFILE", ways=6)

    def test_enfile(self):
        self.expect_same_end("calls", "ENFILE", error="ENFILE", ways=14)

    def test_enomem(self):
        self.expect_same_end("calls", "ENOMEM", error="ENOMEM", ways=14)

    def test_interrupted(self):
        self.expect_same_end("calls", "EINTR", error="EINTR", ways=14)

    def test_refused(self):
        """What the shim takes for a sandbox's answer, and tries the plain form on."""
        for error in ("EPERM", "EINVAL", "ENOSYS"):
            with self.subTest(error):
                self.expect_same_end("calls", error, error=error, ways=14)

    def test_heap(self):
        # glibc's fts_open itself crashes where its second block is missing.
        self.expect_same_end("heap", error="ENOMEM", ways=5, crashes=2)


if __name__ == "__main__":
    unittest.main()
