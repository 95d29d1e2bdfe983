#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shim to its budgets, by counting. Usage: budgets.py LIBRARY EMPTY_LIBRARY CALLS

Instructions are callgrind's, system calls strace's, memory /proc/PID/smaps'; no time is taken, so that a busy machine
changes nothing.
"""
import functools
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import counting  # noqa: E402
from limits import (CLOSE_INSTRUCTIONS, COMMON_INSTRUCTIONS, DIRTY_MEMORY, ELSEWHERE, EXEC_INSTRUCTIONS, INSTRUCTIONS,  # noqa: E402
                    RULES, RULES_INSTRUCTIONS, RULES_SYSTEM_CALLS, STARTUP_INSTRUCTIONS, STARTUP_SYSTEM_CALLS, SYSTEM_CALLS)

library, empty, calls = sys.argv[1:4]
failures = []
passed = 0

CLOSES = {"open": ["close"], "socket": ["close"], "pipe": ["close", "close"], "pipe2": ["close", "close"], "dup": ["close"],
          "accept": ["close"], "accept4": ["close"],
          "fopen": ["fclose"]}
# The stack begins at a multiple of 16 bytes, below the environment: its places within a page.
ENVIRONMENT_SIZES = range(0, 4096, 16)


def environment(**added):
    # Always the same: the shim looks at each variable when a process starts.
    kept = {"PATH": os.environ["PATH"], "HOME": "/", **{f"VARIABLE_{number}": "some value" for number in range(20)}}
    return kept | {name: value for name, value in added.items() if value}


def expect(what, value, limit):
    global passed
    good = value <= limit
    passed += good
    if not good:
        failures.append(what)
    print(f"{'ok    ' if good else 'FAILED'} {what}: {value} (at most {limit})")


def here(limit):
    """A limit of instructions, on this release."""
    release = platform.freedesktop_os_release()
    return limit if (release["ID"], release.get("VERSION_ID")) == ("debian", "12") else limit * (100 + ELSEWHERE) // 100


# The same every time.
@functools.cache
def instructions(preload, *command, policy=""):
    return counting.instructions(command, environment(LD_PRELOAD=preload, CLOEXEC_POLICY_FILE=policy))


def per_call(preload, kind, policy=""):
    few, many = (instructions(preload, calls, kind, str(count), policy=policy) for count in (20, 120))
    return (many - few) / 100


@functools.cache
def system_calls(preload, *command, policy=""):
    return counting.system_calls(command, environment(), LD_PRELOAD=preload, CLOEXEC_POLICY_FILE=policy)


def segments(file):
    headers = subprocess.run(["readelf", "-hW", file], check=True, capture_output=True, text=True).stdout
    return int(re.search(r"Number of program headers: +(\d+)", headers)[1])


def dirty_memory(preload, size):
    """KiB of private dirty memory of a process that does nothing but start, with so many bytes more in its environment.

    Addresses are not randomised: how many stack pages are touched would vary. Smaps' Private_Dirty would count pages of
    a library that was just built, while the disk has not got them yet.
    """
    with subprocess.Popen(["setarch", "--addr-no-randomize", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=environment(LD_PRELOAD=preload, SIZE="x" * size)) as child:
        child.stdin.write(b"x")
        child.stdin.flush()
        child.stdout.read(1)  # it has started when it answers
        with open(f"/proc/{child.pid}/smaps_rollup") as rollup:
            kib = int(re.search(r"^Anonymous: +(\d+) kB", rollup.read(), re.MULTILINE)[1])
        child.stdin.close()
    return kib


def most_dirty_memory_added():
    """Of all sizes of the environment: where the stack begins decides whether a few bytes more of it are a page more. The
    libraries have paths of one length, for these are on the stack, too."""
    with tempfile.TemporaryDirectory() as folder:
        copies = [pathlib.Path(folder, kind, "libcloexec.so") for kind in ("full", "bare")]
        for copy, original in zip(copies, (library, empty)):
            copy.parent.mkdir()
            copy.write_bytes(pathlib.Path(original).read_bytes())
        found = [dirty_memory(str(copies[0]), size) - dirty_memory(str(copies[1]), size) for size in ENVIRONMENT_SIZES]
    print(f"       KiB of private dirty memory added, and for how many sizes of the environment: "
          f"{', '.join(f'{kib}: {found.count(kib)}' for kib in sorted(set(found)))}")
    return max(found)


def added(kind):
    """A call takes a whole number of them; the rest is what another stack address changes in a program's start."""
    return round(per_call(library, kind) - per_call("", kind))


closing = {kind: added(kind) for kind in CLOSE_INSTRUCTIONS}
for kind, limit in CLOSE_INSTRUCTIONS.items():
    expect(f"user instructions added to {kind}", closing[kind], here(limit))
for kind, limit in {**INSTRUCTIONS, **EXEC_INSTRUCTIONS, **COMMON_INSTRUCTIONS}.items():
    expect(f"user instructions added to {kind}", added(kind) - sum(closing[close] for close in CLOSES.get(kind, [])), here(limit))
for kind in INSTRUCTIONS:
    # The first call of a kind is checked with one more; it cancels out between a few calls and many.
    grown = [system_calls(preload, calls, kind, "120") - system_calls(preload, calls, kind, "20")
             for preload in (library, "")]
    expect(f"system calls added to 100 times {kind}", grown[0] - grown[1], SYSTEM_CALLS)
expect("instructions added to a start", instructions(library, "/bin/true") - instructions("", "/bin/true"),
       here(STARTUP_INSTRUCTIONS))
expect("system calls added to a start", system_calls(library, "/bin/true") - system_calls(empty, "/bin/true"),
       STARTUP_SYSTEM_CALLS)
# glibc keeps a record of each program header on the stack while it maps a library.
expect("program headers beyond the empty preload's", segments(library) - segments(empty), 0)
expect("KiB of private dirty memory added, for any size of the environment", most_dirty_memory_added(), DIRTY_MEMORY)

with tempfile.NamedTemporaryFile("w", suffix=".conf") as rules:
    for number in range(RULES):
        rules.write(f"exempt open,dup2 program=other{number} when=child path=/srv/{number}\n")
    rules.flush()
    for kind in INSTRUCTIONS:
        expect(f"user instructions that {RULES} rules for other programs add to {kind}",
               # Less than one in a call is what another stack address changes in a program's start.
               int(abs(per_call(library, kind, rules.name) - per_call(library, kind))), 0)
    true = (library, "/bin/true")
    expect(f"instructions that {RULES} rules for other programs add to a start",
           instructions(*true, policy=rules.name) - instructions(*true), here(RULES_INSTRUCTIONS))
    expect(f"system calls that {RULES} rules for other programs add to a start",
           system_calls(*true, policy=rules.name) - system_calls(*true), RULES_SYSTEM_CALLS)

print(f"{passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
