#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command finds its shim where both were installed, and after the prefix was moved."""
import os
import pathlib
import shutil
import subprocess
import unittest

from support import CLOEXEC, PROBE, SHIM, CommandTest


class Install(CommandTest):
    def test_finds_the_shim_of_a_prefix_that_was_moved(self):
        for component in ("cli", "shim"):
            subprocess.run(["cmake", "--install", os.path.join(os.environ["BUILD"], component), "--prefix",
                            self.folder / "first"], check=True, capture_output=True)
        (self.folder / "first").rename(self.folder / "second")
        command = self.folder / "second" / "bin" / "cloexec"
        self.expect_to_find_it_in(self.folder / "second", command=command)
        result = self.cloexec("audit", "-o", "report", "--", "printenv", "LD_PRELOAD", command=command)
        self.expect(result, 0, f"{self.folder}/second/lib/cloexec/libcloexec.so\n",
                    "cloexec: Nothing leaked: no descriptor above 2 crossed an exec.\n")

    def test_suppressions_come_with_the_library(self):
        subprocess.run(["cmake", "--install", os.environ["BUILD"], "--component", "library", "--prefix", self.folder / "all"],
                       check=True, capture_output=True)
        source = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "cloexec.supp"
        self.assertEqual((self.folder / "all" / "share" / "cloexec" / "cloexec.supp").read_bytes(), source.read_bytes())

    def test_finds_the_shim_through_a_symbolic_link(self):
        (self.folder / "link").symlink_to(CLOEXEC)
        self.expect(self.cloexec("run", "printenv", "LD_PRELOAD", command=self.folder / "link"), 0, f"{SHIM}\n")

    def test_finds_the_shim_in_every_usual_library_folder(self):
        for library in ("lib", "lib64"):
            prefix = self.prefix(library, library)
            self.expect_to_find_it_in(prefix, command=prefix / "bin" / "cloexec")

    def test_refuses_a_path_that_the_loader_would_take_apart(self):
        prefix = self.prefix("with blank", "lib")
        result = self.cloexec("run", "true", command=prefix / "bin" / "cloexec")
        self.expect(result, 125, "",
                    f"cloexec: LD_PRELOAD cannot hold a path with a blank or a colon: {prefix}/lib/libcloexec.so\n")

    def test_refuses_an_audit_before_it_makes_its_report(self):
        prefix = self.prefix("with blank", "lib/cloexec")
        report = self.folder / "report"
        result = self.cloexec("audit", "-o", report, "true", command=prefix / "bin" / "cloexec")
        self.expect(result, 125, "")
        self.assertIn("cannot hold a path with a blank", result.stderr)
        self.assertFalse(report.exists())

    def prefix(self, name, library):
        prefix = self.folder / name
        (prefix / "bin").mkdir(parents=True)
        (prefix / library).mkdir(parents=True)
        shutil.copy2(CLOEXEC, prefix / "bin" / "cloexec")
        shutil.copy2(SHIM, prefix / library / "libcloexec.so")
        return prefix

    def expect_to_find_it_in(self, prefix, command):
        result = self.cloexec("run", "printenv", "LD_PRELOAD", command=command)
        self.expect(result, 0, errors="")
        self.assertTrue(result.stdout.startswith(f"{prefix}/lib"), result.stdout)
        self.expect(self.cloexec("run", *PROBE, command=command), 0, "1\n", "")


if __name__ == "__main__":
    unittest.main()
