#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks into the built library: what it exports, what it needs, how it is laid out. Usage: check.py PROCESSOR STRIP LIBRARY CATALOGUE...

What a preload drags in, every process of a machine pays for; and a symbol version taken from the libc of the build
machine would keep the file from loading on an older one.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from limits import LARGER_PROCESSORS, LARGER_STRIPPED_SIZE, STRIPPED_SIZE  # noqa: E402

processor, strip, library, *names = sys.argv[1:]
catalogue = set(names)
most = LARGER_STRIPPED_SIZE if processor in LARGER_PROCESSORS else STRIPPED_SIZE
failures = []
passed = 0

# Beside the interposers. Each must exist, unversioned, in glibc 2.17 and in musl.
MAY_BE_UNDEFINED = {"__errno_location", "_dl_find_object", "environ", "getauxval", "memchr", "memcmp", "memcpy", "memmove", "memset",
                    "strcmp", "strlen", "_r_debug", "dlsym"}
MUST_BE_WEAK = {"_dl_find_object", "_r_debug", "dlsym"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def expect(what, good, detail=""):
    global passed
    if good:
        passed += 1
    else:
        failures.append(f"{what}: {detail}")


symbols = [line.split() for line in run("nm", "-D", library).splitlines()]
exported = {words[-1] for words in symbols if words[-2] in "TWDBRV" and len(words) == 3}
undefined = {words[-1] for words in symbols if words[-2] in "Uw" and len(words) == 2}
weak = {words[-1] for words in symbols if words[-2] == "w" and len(words) == 2}
expect("exports equal the catalogue", exported == catalogue, exported ^ catalogue)
expect("undefined symbols", undefined <= MAY_BE_UNDEFINED, undefined - MAY_BE_UNDEFINED)
expect("symbols that not every libc has are weak", undefined & MUST_BE_WEAK <= weak, undefined & MUST_BE_WEAK - weak)

dynamic = run("readelf", "-dW", library)
expect("needs no other library", "(NEEDED)" not in dynamic, dynamic)
expect("ready before other libraries", "INITFIRST" in dynamic, dynamic)

loads = [line for line in run("readelf", "-lW", library).splitlines() if line.split()[:1] == ["LOAD"]]

with tempfile.TemporaryDirectory() as folder:
    stripped = os.path.join(folder, "stripped")
    run(strip, "-o", stripped, library)
    # Where pages may be 64 KiB, as on aarch64, the file has a hole of up to that size before its data; on i386 one of most of
    # a page, which is a twentieth of it.
    hole = max(int(line.split()[-1], 16) for line in loads) > 4096 or "ELF32" in run("readelf", "-h", library)
    size = sum(int(line.split()[4], 16) for line in loads) if hole else os.path.getsize(stripped)
    expect(f"stripped, at most {most} bytes", size <= most, size)
    print(f"stripped size: {size} of {most} bytes")

for failure in failures:
    print("FAILED", failure)
print(f"{passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
