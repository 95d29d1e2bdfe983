#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the user instructions that the shim adds to an open and a close on architectures that are only emulated here.

Usage: emulated.py PRESET...     each built before, in build/PRESET

qemu's user mode tells the address of each instruction when told to translate one at a time. To be run by hand: the figures
are docs/architectures.md's.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/", re.MULTILINE)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def counts(emulator, program, marks, log, *options):
    """The instructions between each pair of marks."""
    run(*emulator, "-singlestep", "-d", "nochain,exec", "-D", str(log), *options, program)
    found, begun = [], None
    for number, address in enumerate(int(text, 16) for text in ADDRESS.findall(log.read_text())):
        if address == marks["begin_mark"]:
            begun = number
        elif address == marks["end_mark"]:
            found.append(number - begun)
    return found


def tools(preset):
    """The compiler, nm, and the emulator; i386's are the machine's own, and qemu's."""
    text = (ROOT / "cmake" / f"{preset}.cmake").read_text()
    toolchain = dict(re.findall(r"set\((\w+) (\S+)\)", text))
    if preset == "i386":
        return ["gcc", *re.search('CMAKE_C_FLAGS_INIT "(.*)"', text)[1].split()], "nm", ["qemu-i386"]
    triplet = toolchain["triplet"]
    return [f"{triplet}-gcc"], f"{triplet}-nm", [toolchain["emulator"], "-L", f"/usr/{triplet}"]


def main():
    if not sys.argv[1:] or sys.argv[1].startswith("-"):
        print(__doc__)
        return 0 if sys.argv[1:] == ["--help"] else 2
    for preset in sys.argv[1:]:
        compiler, nm, emulator = tools(preset)
        with tempfile.TemporaryDirectory() as folder:
            program, log = os.path.join(folder, "emulated"), pathlib.Path(folder) / "log"
            run(*compiler, "-O2", "-no-pie", "-fno-pie", "-o", program, str(ROOT / "tests" / "bench" / "emulated.c"))
            marks = {name: int(at, 16) for at, _, name in re.findall(r"^(\w+) (\w) (\w+_mark)$", run(nm, program), re.MULTILINE)}
            bare = counts(emulator, program, marks, log)
            shimmed = counts(emulator, program, marks, log, "-E", f"LD_PRELOAD={ROOT}/build/{preset}/shim/libcloexec.so")
        print(f"{preset}: open {bare[0]} and {shimmed[0]}, {shimmed[0] - bare[0]} more; "
              f"close {bare[1]} and {shimmed[1]}, {shimmed[1] - bare[1]} more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
