#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/test takes the steps that are chosen, each once, and tells which failed; where neither it nor scripts/demo can work they
say so. Usage: steps_test.py SOURCES"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCES = pathlib.Path(sys.argv.pop(1))
STANDS_FOR = ["scripts/install-packages", "scripts/package", "scripts/fuzz", "tests/fresh/run",
              *(f"tests/packages/{name}" for name in ("debian", "rpm", "reproducible", "autopkgtest", "containers"))]


class Steps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name) / "tree"
        for name in STANDS_FOR:
            self.stand_for(name)
        self.stand_for("tests/support/in_own_root", does='exec "$@"')
        for script in ("test", "demo"):
            shutil.copy(SOURCES / "scripts" / script, self.tree / "scripts")

    def stand_for(self, name, status=0, does=""):
        file = self.tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\necho {name}\n{does}\nexit {status}\n")
        file.chmod(0o755)

    def run_steps(self, *options, script="test", before=(), **how):
        done = subprocess.run([*before, self.tree / "scripts" / script, *options], capture_output=True, text=True, check=False, **how)
        return done.returncode, (done.stdout + done.stderr).strip().rpartition("\n")[2]

    def test_are_taken_once_each(self):
        self.assertEqual(self.run_steps("--fuzz", "--packages", "--reproducible", "--fuzz"),
                         (0, "All passed: packages reproducible autopkgtest containers fuzz"))

    def test_all_are_taken_though_some_fail(self):
        for name in ("scripts/fuzz", "tests/packages/debian"):
            self.stand_for(name, 3)
        self.assertEqual(self.run_steps("--packages", "--fuzz", "--fresh"), (1, "FAILED: packages fuzz"))

    def test_fail_when_what_they_need_cannot_be_installed(self):
        self.stand_for("scripts/install-packages", 1)
        self.assertNotEqual(self.run_steps("--fuzz")[0], 0)

    def test_unknown_ones_are_refused(self):
        for word in ("--such", "fuzz", "--", "--dev i386"):
            self.assertEqual(self.run_steps("--fuzz", word), (2, f"test: unknown option {word}; see --help"))

    def test_nothing_is_built_where_nobody_is_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be another")
        self.stand_for("bin/sudo", 1)
        self.stand_for("bin/cmake")
        for folder in (self.tree.parent, self.tree):
            folder.chmod(0o777)
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self.assertEqual(self.run_steps("--dev", "--audit", "--programs", "--foreign", "--system", before=as_nobody,
                                        env={"PATH": f"{self.tree}/bin:/usr/bin:/bin"}),
                         (1, "FAILED: dev programs audit foreign system"))
        for step in ("dev", "audit", "programs", "foreign", "system"):
            self.assertRegex((self.tree / "build" / "test-logs" / step).read_text(), "^bin/sudo\ntest: be root, or let sudo [^\n]*\n$")

    def test_none_is_taken_where_no_preload_can_be_named(self):
        for name in ("a tree", "a:tree"):
            self.tree = self.tree.rename(self.tree.parent / name)
            for script in ("test", "demo"):
                self.assertEqual(self.run_steps(script=script),
                                 (2, f"{script}: LD_PRELOAD cannot hold a path with a blank or a colon: {self.tree}"))


if __name__ == "__main__":
    unittest.main()
