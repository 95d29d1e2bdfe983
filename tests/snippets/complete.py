#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names every entry of the catalogue that has no snippet, and every snippet that has no entry.

usage: complete.py INTERPOSED_DEF TABLE NAME... -- [EMULATOR...] SNIPPETS

The table is compared with the whole catalogue, and what SNIPPETS, built of it, lists with NAME..., the catalogue of this
architecture.
"""
import pathlib
import re
import subprocess
import sys
from collections import Counter


def compare(there: list[str], expected: list[str], where: str) -> list[str]:
    counts = Counter(there)
    return ([f"{name}: in the catalogue, but not in {where}" for name in expected if name not in counts]
            + [f"{name}: in {where}, but not in the catalogue" for name in counts if name not in expected]
            + [f"{name}: {count} times in {where}" for name, count in counts.items() if count > 1])


def main() -> int:
    definitions, table, *words = sys.argv[1:]
    names, runner = words[:words.index("--")], words[words.index("--") + 1:]
    catalogue = re.findall(r"^X(?:_TIME64)?\((\w+),", pathlib.Path(definitions).read_text(encoding="utf-8"), re.MULTILINE)
    rows = re.findall(r"^ *SNIPPET\((\w+),", pathlib.Path(table).read_text(encoding="utf-8"), re.MULTILINE)
    listed = subprocess.run([*runner, "--list"], check=True, capture_output=True, text=True).stdout.split()
    complaints = (compare(rows, catalogue, "the table of snippets") + compare(listed, names, "what was built")
                  + [f"{name}: built, but not in {definitions}" for name in names if name not in catalogue])
    print("\n".join([*complaints, f"{len(set(listed) & set(names))} passed, {len(complaints)} failed"]))
    return 1 if complaints or not names else 0


if __name__ == "__main__":
    sys.exit(main())
