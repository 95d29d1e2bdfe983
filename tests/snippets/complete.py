#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names every entry of the catalogue that has no snippet, and every snippet that has no entry.

usage: complete.py INTERPOSED_DEF SNIPPETS_DIRECTORY NAME...   (NAME...: the catalogue of this architecture)
"""
import pathlib
import re
import sys


def main() -> int:
    definitions, directory, *names = sys.argv[1:]
    text = pathlib.Path(definitions).read_text(encoding="utf-8")
    catalogue = set(re.findall(r"^X(?:_TIME64)?\((\w+),", text, re.MULTILINE))
    snippets = {path.stem for path in pathlib.Path(directory).glob("*.c")}
    complaints = [f"{name}: in the catalogue, but there is no {name}.c" for name in sorted(catalogue - snippets)]
    complaints += [f"{name}.c: not in the catalogue" for name in sorted(snippets - catalogue)]
    complaints += [f"{name}: built, but not in {definitions}" for name in sorted(set(names) - catalogue)]
    for name in sorted(snippets & catalogue):
        if f"SNIPPET({name}," not in (pathlib.Path(directory) / f"{name}.c").read_text(encoding="utf-8"):
            complaints.append(f"{name}.c: defines no SNIPPET({name}, ...)")
    print("\n".join([*complaints, f"{len(snippets & catalogue)} passed, {len(complaints)} failed"]))
    return 1 if complaints or not names else 0


if __name__ == "__main__":
    sys.exit(main())
