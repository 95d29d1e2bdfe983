# SPDX-License-Identifier: Apache-2.0
"""A storm of signals: each call fails with EINTR, or is restarted, as it is bare; each connection, message and program is
there once, and no descriptor is lost."""
import unittest

from support import FaultTest, probe

BLOCKING = {"open", "openat", "creat", "syscall(openat)", "fopen", "accept", "accept4", "syscall(accept4)", "connect",
            "recvmsg", "recvmmsg", "flock", "F_OFD_SETLKW", "read"}


class Storm(FaultTest):
    def expect_same_storm(self, options, interrupted):
        output = self.expect_same([probe("storm"), *options], {"CLOEXEC_POLICY": "exempt exec"}, least=12)
        lines = output.splitlines()
        self.assertEqual({line.split()[0] for line in lines if f"interrupted={interrupted} ok" in line}, BLOCKING)
        for call in ("recvmsg", "recvmmsg", "accept", "accept4"):
            self.assertIn(f"{call}.all count=300 once=300 cloexec=1 left=0", lines)
        for line in ("often failed=0 cloexec=1 left=0", "posix_spawn right=40 left=0", "popen right=40 left=0",
                     "execve right=40 left=0", "given=80"):
            self.assertIn(line, lines)

    def test_handlers_that_interrupt(self):
        self.expect_same_storm([], 1)

    def test_handlers_that_restart(self):
        self.expect_same_storm(["--restart"], 0)


if __name__ == "__main__":
    unittest.main()
