#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The preset that users build asks for nothing that only tests need. Usage: release_test.py SOURCES"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCES = pathlib.Path(sys.argv.pop(1))
# What stands in the group `build` of scripts/install-packages, and scdoc, without which there are no man pages.
MAY_BE_LOOKED_FOR = {"CLI11_DIR", "fmt_DIR", "nlohmann_json_DIR", "libelf", "libdw", "scdoc", "CLOEXEC_BPF_CLANG", "CLOEXEC_BPFTOOL", "CLOEXEC_LIBBPF",
                     "CLOEXEC_LIBBPF_HEADERS"}


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.build = pathlib.Path(folder.name)
        # As on a machine that has none of these.
        without = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("GTest", "Python3", "Threads", "benchmark")]
        cls.said = subprocess.run(["cmake", "--preset", "release", "-B", folder.name, "--no-warn-unused-cli", *without],
                                  cwd=SOURCES, capture_output=True, text=True, check=False)
        cls.cache = dict(re.findall(r"^([^#/\n][^:\n]*):[^=\n]*=(.*)$", (cls.build / "CMakeCache.txt").read_text(), re.MULTILINE))

    def test_configures_without_the_tests_packages(self):
        self.assertEqual(self.said.returncode, 0, self.said.stderr)
        self.assertEqual(self.said.stderr, "")
        self.assertEqual((self.cache["CMAKE_BUILD_TYPE"], self.cache["CLOEXEC_TESTS"]), ("Release", "OFF"))

    def test_looks_for_nothing_else(self):
        text = (self.build / "CMakeCache.txt").read_text()
        found = set(re.findall(r"^//(?:Path to a (?:program|library|file)\.|The directory containing a CMake configuration file "
                               r"for .*\.)\n(\w+):", text, re.MULTILINE))
        self.assertEqual({name for name in found if not name.startswith("CMAKE_")}, MAY_BE_LOOKED_FOR)

    def test_builds_no_test(self):
        self.assertFalse((self.build / "tests").exists())
        self.assertFalse((self.build / "CTestTestfile.cmake").exists())
        commands = (self.build / "compile_commands.json").read_text()
        self.assertIn("/cli/main.cpp", commands)
        self.assertNotIn("/tests/", commands)

    def test_a_warning_of_a_newer_compiler_is_no_error(self):
        self.assertNotIn("-Werror", (self.build / "build.ninja").read_text())

    def test_makes_its_files_where_users_look(self):
        built = (self.build / "build.ninja").read_text()
        for file in ("shim/libcloexec.so", "shim/cloexec/libcloexec.so", "cli/cloexec"):
            self.assertRegex(built, rf"\nbuild {re.escape(file)}:")


if __name__ == "__main__":
    unittest.main()
