#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The numbers of system calls in seal/waits.cpp, beside those of the kernel's headers."""
import pathlib
import re
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent / "seal" / "waits.cpp"
INCLUDE = pathlib.Path("/usr/include")
HEADERS = ["x86_64-linux-gnu/asm/unistd_64.h", "x86_64-linux-gnu/asm/unistd_32.h", "asm-generic/unistd.h"]
# i386 has two; the newer is _newselect there.
OTHERS = {"select"}


class Numbers(unittest.TestCase):
    def test_are_the_kernels(self):
        rows = re.findall(r'\{"(\w+)", \{(-?\d+), (-?\d+), (-?\d+)\}', SOURCE.read_text())
        self.assertGreater(len(rows), 60)
        for column, header in enumerate(HEADERS):
            file = INCLUDE / header
            if not file.exists():
                self.skipTest(f"{file} is another machine's")
            known = {name: int(number) for name, number in
                     re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", file.read_text(), re.MULTILINE)}
            for name, *numbers in rows:
                number = int(numbers[column])
                with self.subTest(f"{name} in {header}"):
                    if number >= 0 and name not in OTHERS:
                        self.assertEqual(number, known[name])


if __name__ == "__main__":
    unittest.main()
