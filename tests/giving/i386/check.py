#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What these programs say, bare and under the shim. Usage: check.py LIBRARY NAME=PROGRAM..."""
import subprocess
import sys

FILE = "arrived 3=/etc/passwd\n"
NOTHING = "arrived\n"
AFTERWARDS = FILE + FILE
HANDLED = "right: by the handler 3000, by whom it interrupted 3000\n" + AFTERWARDS
MANY = "children=400 failed=0\n"

# Words, what they lead to bare, and what under the shim where that differs.
CASES = [
    ("vforks nested-handler", FILE + AFTERWARDS, NOTHING + AFTERWARDS),
    ("vforks nested-handler 1", FILE + AFTERWARDS, NOTHING + AFTERWARDS),
    ("vforks handler-vforks", HANDLED),
    ("vforks raw", FILE + AFTERWARDS, NOTHING + AFTERWARDS),
    ("vforks nested", "arrived 3=/etc/passwd 20=/etc/passwd 21=/etc/passwd\narrived 3=/etc/passwd 20=/etc/passwd\n" + AFTERWARDS,
     "arrived 21=/etc/passwd\narrived 20=/etc/passwd\n" + AFTERWARDS),
    *((f"mixed {outer} {inner}", FILE) for outer in ("fork", "vfork", "clone", "number")
      for inner in ("none", "fork", "vfork", "clone", "number", "spawn", "actions")),
    ("mixed many number", MANY),
    ("mixed many vfork", MANY),
    *((f"stopped jump {way}", "first=0 later=0\n", "first=20 later=0\n") for way in ("fork", "vfork", "spawn")),
    *((f"stopped again {how}", FILE) for how in ("fork", "vfork", "handler")),
    ("replaced dup2 100", "met=100 given=0\n"),
    ("replaced open 100", "met=100 given=0\n"),
    ("stale nothing fork told", FILE),
    *((f"stale {closer} fork told", NOTHING) for closer in ("close", "fts_close", "fts_close-time64")),
]


def run(words, library):
    environment = {"PATH": "/usr/bin:/bin"} | ({"LD_PRELOAD": library} if library else {})
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True)
    # Shells and libc's own programs are of the other architecture, and say that they have no use for the library.
    said = "".join(line for line in done.stdout.splitlines(keepends=True) if "from LD_PRELOAD cannot be preloaded" not in line)
    return said + (f"status {done.returncode}\n" if done.returncode else "")


library, *named = sys.argv[1:]
programs = dict(each.split("=", 1) for each in named)
failed = 0
for words, *right in CASES:
    name, *arguments = words.split()
    for preload, expected in (None, right[0]), (library, right[-1]):
        said = run([programs[name], *arguments], preload)
        if said != expected:
            failed += 1
            print(f"{words}, {'shim' if preload else 'bare'}:\n{said}instead of\n{expected}")
print(f"{len(CASES)} cases, {failed} wrong")
sys.exit(failed != 0)
