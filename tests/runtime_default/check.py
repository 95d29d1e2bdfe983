#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds default.c in several languages and ways, and compares what it says with and without the shim.

Usage: check.py SHIM INCLUDE SOURCE COMPILER...
"""
import os
import pathlib
import subprocess
import sys
import tempfile

shim, include, source, *compilers = sys.argv[1:]
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
WAYS = [["-std=gnu89", "-xc"], ["-std=c17", "-D_GNU_SOURCE", "-xc"], ["-std=c++98", "-xc++"], ["-std=c++20", "-xc++"]]
TAIL = "set 0 0\nset 0 1\nclosed -1 1\nclosed -1 1\n"
WITH = f"default 1 errno 42\nopen 1\noff 0\nopen 0\nchild 0\nchild open 0\non 1\nopen 1\n{TAIL}"
WITHOUT = f"default 0 errno 42\nopen 0\noff 0\nopen 0\nchild 0\nchild open 0\non 0\nopen 0\n{TAIL}"
CASES = [({}, WITHOUT), ({"LD_PRELOAD": shim}, WITH), ({"LD_PRELOAD": shim, "CLOEXEC_MODE": "off"}, WITHOUT)]

failures = 0
passed = 0
kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_"))}
with tempfile.TemporaryDirectory() as folder:
    for compiler in compilers:
        for way in WAYS + [[*WAYS[0], "-static"]]:
            program = pathlib.Path(folder, "program")
            language = [option for option in way if option != "-static"]
            link = ["-static"] if "-static" in way else []
            subprocess.run([compiler, *WARNINGS, f"-I{include}", *language, source, *link, "-o", program], check=True)
            for variables, expected in CASES:
                # Nothing is preloaded into what is linked statically.
                expected = WITHOUT if link else expected
                said = subprocess.run([program], env=kept | variables, capture_output=True, text=True, check=True).stdout
                passed += said == expected
                if said != expected:
                    failures += 1
                    print(f"FAILED {compiler} {' '.join(way)} {variables}: said\n{said}instead of\n{expected}")
print(f"{passed} passed, {failures} failed")
sys.exit(1 if failures else 0)
