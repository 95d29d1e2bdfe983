#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/package installs the compiler of what it is to build, and refuses what it cannot. Usage: package_test.py SOURCES"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCES = pathlib.Path(sys.argv.pop(1))
ARM_AND_I386, OTHERS = "build package cross", "build package architectures"


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a folder ")
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        (self.tree / "scripts").mkdir()
        shutil.copy(SOURCES / "scripts" / "package", self.tree / "scripts")
        shutil.copytree(SOURCES / "cmake", self.tree / "cmake")
        # Says what it is asked for; the script goes no further.
        installs = self.tree / "scripts" / "install-packages"
        installs.write_text("#!/bin/sh\necho \"$*\"\nexit 9\n")
        installs.chmod(0o755)

    def said(self, *options):
        done = subprocess.run([self.tree / "scripts" / "package", *options], capture_output=True, text=True, check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    def test_installs_the_compiler_of_the_architecture(self):
        for architecture in ("i386", "arm64"):
            self.assertEqual(self.said("--architecture", architecture), (9, ARM_AND_I386), architecture)
        for architecture in ("armhf", "armel", "ppc64el", "s390x", "riscv64", "mips64el"):
            self.assertEqual(self.said("--architecture", architecture), (9, OTHERS), architecture)

    def test_refuses_what_it_has_no_toolchain_for(self):
        self.assertEqual(self.said("--architecture", "x32"), (2, "package: there is no toolchain in cmake/ for x32, as Debian names it"))


if __name__ == "__main__":
    unittest.main()
