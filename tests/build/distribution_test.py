#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The compiler's flags of distributions bring nothing into the shim that it is built without. Usage: distribution_test.py SOURCES"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

SOURCES = pathlib.Path(sys.argv.pop(1))
# As redhat-rpm-config and dpkg-buildflags say it.
FLAGS = {
    "fedora": "-O2 -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 -Wp,-D_GLIBCXX_ASSERTIONS -fstack-protector-strong",
    "debian": "-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64",
}


class Distribution(unittest.TestCase):
    def macros(self, flags):
        with tempfile.TemporaryDirectory() as build:
            subprocess.run(["cmake", "-S", SOURCES, "-B", build, "-G", "Ninja", "-DCLOEXEC_CLI=OFF", "-DCMAKE_BUILD_TYPE=None"],
                           env=os.environ | {"CXXFLAGS": flags}, check=True, capture_output=True)
            for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text()):
                if entry["file"].endswith("/shim/interpose/open.cpp"):
                    words = shlex.split(entry["command"])
                    words[words.index("-o") + 1] = "-"
                    said = subprocess.run([*words, "-E", "-dM"], cwd=build, check=True, capture_output=True, text=True).stdout
                    return set(re.findall(r"^#define (\w+)", said, re.MULTILINE))
        self.fail("shim/interpose/open.cpp is not compiled")

    def test_what_the_shim_is_built_without_stays_out(self):
        for distribution, flags in FLAGS.items():
            with self.subTest(distribution):
                macros = self.macros(flags)
                self.assertIn("O_CLOEXEC", macros)
                self.assertEqual(macros & {"_FORTIFY_SOURCE", "_GLIBCXX_ASSERTIONS", "_FILE_OFFSET_BITS", "_TIME_BITS"}, set())


if __name__ == "__main__":
    unittest.main()
