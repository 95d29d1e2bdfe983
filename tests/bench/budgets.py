#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the shim to its budgets, by counting. Usage: budgets.py LIBRARY EMPTY_LIBRARY CALLS

Instructions are callgrind's, system calls strace's, memory /proc/PID/smaps'; no time is taken, so that a busy machine
changes nothing.
"""
import os
import re
import subprocess
import sys
import tempfile

library, empty, calls = sys.argv[1:4]
failures = []
passed = 0

# What a call may cost on top of the bare one, in user instructions, without the closes that the program makes beside it.
INSTRUCTIONS = {"open": 30, "socket": 30, "pipe": 30, "dup": 60, "dup2": 60, "accept": 60, "fopen": 130}
CLOSES = {"open": ["close"], "socket": ["close"], "pipe": ["close", "close"], "dup": ["close"], "accept": ["close"],
          "fopen": ["fclose"]}
CLOSE_INSTRUCTIONS = {"close": 14, "fclose": 14}
EXEC_INSTRUCTIONS = {"exec": 500}  # one that fails, and has nothing to give
# The same for what no budget was promised of: one that is made by the common body, and a received one.
COMMON_INSTRUCTIONS = {"eventfd": 130, "recvmsg": 400}
STARTUP_INSTRUCTIONS = 15000  # against no preload at all
STARTUP_SYSTEM_CALLS = 3      # against an empty preload
DIRTY_MEMORY = 12             # KiB, against an empty preload
# What a file of 1,000 rules that do not concern the program may cost a start on top; a call costs the same.
RULES = 1000
RULES_INSTRUCTIONS = 12_000_000
RULES_SYSTEM_CALLS = 6


def environment(preload, policy=""):
    # Always the same: the shim looks at each variable when a process starts.
    kept = {"PATH": os.environ["PATH"], "HOME": "/", **{f"VARIABLE_{number}": "some value" for number in range(20)}}
    settings = {"LD_PRELOAD": preload, "CLOEXEC_POLICY_FILE": policy}
    return {**kept, **{name: value for name, value in settings.items() if value}}


def expect(what, value, limit):
    global passed
    good = value <= limit
    passed += good
    if not good:
        failures.append(what)
    print(f"{'ok    ' if good else 'FAILED'} {what}: {value} (at most {limit})")


def instructions(preload, *command, policy=""):
    # Where things lie changes how many instructions a memory function takes.
    done = subprocess.run(["setarch", "--addr-no-randomize", "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                          env=environment(preload, policy), capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def per_call(preload, kind, policy=""):
    few, many = (instructions(preload, calls, kind, str(count), policy=policy) for count in (20, 120))
    return (many - few) / 100


def system_calls(preload, *command, policy=""):
    """How many system calls the program itself makes, from its first instruction on."""
    with tempfile.NamedTemporaryFile() as trace:
        # strace is not preloaded: it passes the variable on to the program alone.
        prefix = ["-E", f"LD_PRELOAD={preload}", "-E", f"CLOEXEC_POLICY_FILE={policy}"] if preload else []
        subprocess.run(["strace", "-qq", "-o", trace.name, *prefix, *command], env=environment(""), check=True,
                       capture_output=True)
        return sum(1 for line in open(trace.name) if "(" in line and not line.startswith("execve("))


def dirty_memory(preload):
    """KiB of private dirty memory of a process that does nothing but start.

    Addresses are not randomised: how many stack pages are touched would vary. Smaps' Private_Dirty would count pages of
    a library that was just built, while the disk has not got them yet.
    """
    with subprocess.Popen(["setarch", "--addr-no-randomize", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=environment(preload)) as child:
        child.stdin.write(b"x")
        child.stdin.flush()
        child.stdout.read(1)  # it has started when it answers
        smaps = open(f"/proc/{child.pid}/smaps").read()
        child.stdin.close()
    return sum(int(kib) for kib in re.findall(r"^Anonymous: +(\d+) kB", smaps, re.MULTILINE))


def added(kind):
    return round(per_call(library, kind) - per_call("", kind), 2)


closing = {kind: added(kind) for kind in CLOSE_INSTRUCTIONS}
for kind, limit in CLOSE_INSTRUCTIONS.items():
    expect(f"user instructions added to {kind}", closing[kind], limit)
for kind, limit in {**INSTRUCTIONS, **EXEC_INSTRUCTIONS, **COMMON_INSTRUCTIONS}.items():
    expect(f"user instructions added to {kind}", added(kind) - sum(closing[close] for close in CLOSES.get(kind, [])), limit)
for kind in INSTRUCTIONS:
    # The first call of a kind is checked with one more; it cancels out between a few calls and many.
    grown = [system_calls(preload, calls, kind, "120") - system_calls(preload, calls, kind, "20")
             for preload in (library, "")]
    expect(f"system calls added to 100 times {kind}", grown[0] - grown[1], 0)
expect("instructions added to a start", instructions(library, "/bin/true") - instructions("", "/bin/true"),
       STARTUP_INSTRUCTIONS)
expect("system calls added to a start", system_calls(library, "/bin/true") - system_calls(empty, "/bin/true"),
       STARTUP_SYSTEM_CALLS)
expect("KiB of private dirty memory added", dirty_memory(library) - dirty_memory(empty), DIRTY_MEMORY)

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
           instructions(*true, policy=rules.name) - instructions(*true), RULES_INSTRUCTIONS)
    expect(f"system calls that {RULES} rules for other programs add to a start",
           system_calls(*true, policy=rules.name) - system_calls(*true), RULES_SYSTEM_CALLS)

print(f"{passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
