#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which descriptors of a live process stay inheritable: what the user allows, and what a rule exempts whatever is started."""
import os
import pathlib
import subprocess
import sys
import unittest

from support import CLOEXEC, LEAKED, SHIM, SealTest, inheritable


class Rules(SealTest):
    def kept(self, *options, variables=None):
        """Those that are, of a waiter; the others are sealed."""
        one = self.waiter("poll-forever", 60000)
        done = self.seal(*options, one.pid, variables=variables)[one.pid]
        kept = [fd for fd, state in done.items() if state == "kept"]
        self.assertEqual(done, {fd: "kept" if fd in kept else "sealed" for fd in LEAKED})
        self.assertEqual(inheritable(one.pid), kept)
        return kept

    def test_allowed_numbers(self):
        self.assertEqual(self.kept("--allow", "40,43-44"), [40, 43, 44])
        self.assertEqual(self.kept(variables={"CLOEXEC_ALLOW": "42"}), [42])

    def test_rules(self):
        cases = (("exempt fd=43", [43]), ("exempt *", LEAKED), ("exempt path=/etc/*", [40]),
                 # Who made it is not known: what may have been made so is kept.
                 ("exempt pipe", [44]), ("exempt socket", [43]), ("exempt open", [40, 42]),
                 # But for calls that can make anything: of them nothing can be told.
                 ("exempt dup2", []), ("exempt dup,receive", []), ("force pipe; exempt *", [40, 42, 43, 44]),
                 ("force fd=43; exempt *", [40, 42, 44]),
                 ("exempt program=seal_waiter", LEAKED), ("exempt program=other", []),
                 ("exempt module=seal_waiter", LEAKED), ("exempt module=libc*", []),
                 # Of execs what holds for all of them.
                 ("exempt exec fd=42", [42]), ("exempt exec", LEAKED), ("exempt exec own=yes", []),
                 ("exempt exec announced=yes", []), ("exempt exec target=sh", []), ("exempt exec when=child", []))
        for rule, kept in cases:
            with self.subTest(rule):
                self.assertEqual(self.kept("--rule", rule), kept)

    def test_report_names_the_rule(self):
        one = self.waiter("poll-forever", 60000)
        text = self.run_command(CLOEXEC, "seal", "--allow", "40", "--rule", "exempt fd=43", one.pid).stdout
        self.assertIn("/etc/passwd (--allow: 40)\n", text)
        self.assertIn(" (--rule:1: exempt fd=43)\n", text)
        self.assertIn(": 2 sealed, 2 kept\n", text)

    def test_what_is_named_is_sealed(self):
        one = self.waiter("poll-forever", 60000)
        done = self.seal("--rule", "exempt *", "--allow", "40", "--fd", "40,43", one.pid)
        self.assertEqual(done, {one.pid: {40: "sealed", 43: "sealed"}})
        self.assertEqual(inheritable(one.pid), [42, 44])

    def test_shells(self):
        """What their user wrote is for his commands; but for strict."""
        script = "exec 7</etc/passwd; echo ready; read line"
        shell = self.start("sh", "-c", script, stdin=subprocess.PIPE)
        self.assertEqual(shell.stdout.readline(), "ready\n")
        self.assertEqual(self.seal(shell.pid), {shell.pid: {7: "kept"}})
        self.assertEqual(self.seal("--profile", "strict", shell.pid), {shell.pid: {7: "sealed"}})

    def test_interpreters(self):
        """The profile's rules for what os.dup2 makes say nothing of what is there."""
        script = "import os, sys; os.dup2(0, 7); print('ready', flush=True); sys.stdin.read()"
        one = self.start(sys.executable, "-c", script, stdin=subprocess.PIPE)
        self.assertEqual(one.stdout.readline(), "ready\n")
        self.assertEqual(self.seal(one.pid), {one.pid: {7: "sealed"}})

    def test_with_the_shim(self):
        """What it was told to leave is kept by the same words."""
        program = self.folder / "program.py"
        program.write_text("import ctypes, sys\nlibc = ctypes.CDLL(None)\n"
                           "print(libc.open(b'/etc/passwd', 0), libc.open(b'/etc/group', 0), flush=True)\nsys.stdin.read()\n")
        one = self.start(sys.executable, program, stdin=subprocess.PIPE,
                         variables={"LD_PRELOAD": SHIM, "CLOEXEC_POLICY": "exempt open path=/etc/group"})
        marked, left = map(int, one.stdout.readline().split())
        self.assertEqual(inheritable(one.pid), [left])
        self.assertEqual(self.seal("--rule", "exempt open path=/etc/group", one.pid), {one.pid: {left: "kept"}})
        self.assertEqual(self.seal(one.pid), {one.pid: {left: "sealed"}})
        self.assertNotEqual(marked, left)

    def test_files(self):
        """/etc/cloexec.conf or another in its place."""
        file = self.folder / "policy.conf"
        file.write_text("exempt pipe\n")
        os.chmod(file, 0o644)
        self.assertEqual(self.kept("--policy", file), [44])
        self.assertEqual(self.kept(variables={"CLOEXEC_POLICY_FILE": str(file)}), [44])
        self.assertEqual(pathlib.Path(file).read_text(), "exempt pipe\n")


if __name__ == "__main__":
    unittest.main()
