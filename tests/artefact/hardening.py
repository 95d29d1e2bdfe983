#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What distributions ask of every file that is mapped into a process: nothing writable is executable, and what the loader
has written is read-only when the program starts. Of a program also that it lies anywhere, and checks its stack and its buffers.

The libraries have neither of these two: each is a libc function that not every libc has, or not for signal handlers.
"""
import argparse
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--libraries", nargs="+", required=True)
parser.add_argument("--programs", nargs="*", default=[])
parser.add_argument("--fortified", action="store_true", help="optimised: the programs' buffers are checked")
arguments = parser.parse_args()
failures = []
passed = 0


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options], check=True, capture_output=True, text=True).stdout


def expect(file, what, good, detail):
    global passed
    if good:
        passed += 1
    else:
        failures.append(f"{file}: {what}:\n{detail}")


for file in arguments.libraries + arguments.programs:
    header, segments, dynamic = readelf("-h", file), readelf("-l", file), readelf("-d", file)
    table = segments.split("Section to Segment mapping")[0]
    flags = {}
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 8 and words[1].startswith("0x"):
            flags.setdefault(words[0], []).append("".join(words[6:-1]))
    expect(file, "there are segments", len(flags.get("LOAD", [])) >= 2, segments)
    expect(file, "no segment is writable and executable", not any("W" in f and "E" in f for all in flags.values() for f in all),
           segments)
    expect(file, "the stack is not executable", flags.get("GNU_STACK") == ["RW"], segments)
    expect(file, "what is relocated becomes read-only", "GNU_RELRO" in flags, segments)
    tags = {words[1].strip("()"): words[2:] for words in map(str.split, dynamic.splitlines()) if len(words) > 2}
    expect(file, "and all of it at load", "BIND_NOW" in tags.get("FLAGS", []) or "NOW" in tags.get("FLAGS_1", []), dynamic)
    expect(file, "no relocation of text", "TEXTREL" not in tags and "TEXTREL" not in tags.get("FLAGS", []), dynamic)
    expect(file, "lies anywhere", "Type:" in header and "DYN" in header.split("Type:")[1].split("\n")[0], header)

for file in arguments.programs:
    names = {line.split()[7].split("@")[0] for line in readelf("--dyn-syms", file).splitlines() if len(line.split()) > 7}
    expect(file, "checks its stack", "__stack_chk_fail" in names, names)
    if arguments.fortified:
        expect(file, "checks its buffers", any(name.startswith("__") and name.endswith("_chk") for name in names), names)
    expect(file, "is a position-independent program", "PIE" in readelf("-d", file), readelf("-d", file))

for failure in failures:
    print("FAILED", failure)
print(f"{passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
