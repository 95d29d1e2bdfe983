#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the snippets without and with the shim, and compares what they tell.

usage: compare.py --shim LIBRARY [--context CONTEXT] [--names NAME,...] -- [PREFIX...] SNIPPETS

PREFIX is what runs programs of another libc or architecture: an emulator (qemu-*), a loader (ld-linux*, ld-musl*,
libc.so), or any program that runs its arguments. Only SNIPPETS gets the shim.

Required: the same facts in the same order, but for the values of cloexec=. Those must be 1 under the shim, except on a
number that is exempt ("on-0") and where the flag is the program's own doing ("kept"): there they stay as they were. And
without the shim every name must have made an inheritable descriptor, or the test would show nothing.

The shim exports every name of the catalogue. Where libc lacks the function, it does what a function of libc does that
stands for it, or what its system call does; where neither is, it says ENOSYS and makes nothing.
"""
import argparse
import difflib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict

FLAG = re.compile(r"cloexec=(\w+)")
# Where libc asks for close-on-exec itself: glibc in setmntent, Debian's musl in the fts that it adds.
CLOSED_ALREADY = {"setmntent", "__setmntent", "fts_open"}
# Of a system call that creates, qemu's user mode goes on after a signal: where libc has one, it cannot be cancelled there.
NOT_CANCELLED_UNDER_QEMU = {"creat", "creat64"}
# What stands for a name when it is not the name without these.
OTHER_FORMS = re.compile(r"^_IO_|^__|64|_time")
STANDS_FOR = {"getpt": "posix_openpt", "execveat": "execve"}
# Has no flags of which to tell facts.
TELLS_LESS = {"getpt"}

# Every descriptor is looked at, also those that a rule of the standard profile exempts.
STRICT = "CLOEXEC_PROFILE=strict"


def command(words: list[str], shim: str | None) -> list[str]:
    """The command that starts the runner, with the shim preloaded there and nowhere before."""
    *prefix, runner = words
    if shim is None:
        return [*prefix, runner]
    tool = os.path.basename(prefix[0]) if prefix else ""
    if tool.startswith("qemu-"):
        return [*prefix, "-E", f"LD_PRELOAD={shim}", "-E", STRICT, runner]
    if tool.startswith(("ld-", "ld.so", "libc.so")):
        return ["env", STRICT, *prefix, "--preload", shim, runner]
    return [*prefix, "env", f"LD_PRELOAD={shim}", STRICT, runner]


def facts(words: list[str], arguments: list[str]) -> dict[str, list[str]]:
    """What the runner tells, by name."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LD_PRELOAD", "CLOEXEC_"))}
    # What a runner that hangs or is killed has made there goes with it.
    with tempfile.TemporaryDirectory(prefix="snippets-") as folder:
        ran = subprocess.run([*words, *arguments], env=environment | {"TMPDIR": folder}, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, errors="replace", check=False, timeout=140)
    if ran.returncode != 0:
        print(f"FAILED: {' '.join(words)} ended with {ran.returncode}\n{ran.stderr}{ran.stdout[-400:]}")
    told = defaultdict(list)
    for line in ran.stdout.splitlines():
        told[line.split(" ", 1)[0]].append(line)
    told["exit"] = [f"exit status={ran.returncode}"]
    return told


def must_stay(line: str) -> bool:
    words = line.split()
    return "on-0" in words or "kept" in words or "cloexec=none" in words


def check_flags(shimmed: list[str]) -> list[str]:
    """The facts of descriptors that the shim left inheritable."""
    flags = [(line, FLAG.search(line)) for line in shimmed if not must_stay(line)]
    return [f"not close-on-exec: {line}" for line, flag in flags if flag and flag[1] != "1"]


def plain(line: str) -> str:
    """A fact without what the shim may change."""
    return line if must_stay(line) else FLAG.sub("cloexec=*", line)


def compare(bare: list[str], shimmed: list[str]) -> list[str]:
    """Every fact of one name that differs."""
    lines = difflib.unified_diff([plain(line) for line in bare], [plain(line) for line in shimmed],
                                 "bare", "shimmed", lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))] + check_flags(shimmed)


def is_absent(lines: list[str]) -> bool:
    return len(lines) == 1 and lines[0].endswith(" absent")


def reference(name: str, bare: dict[str, list[str]]) -> list[str]:
    """The facts, as this name would tell them, of what it is to do where libc lacks it. Empty when nothing stands for it."""
    plain_name = STANDS_FOR.get(name, OTHER_FORMS.sub("", name))
    if plain_name in bare and not is_absent(bare[plain_name]):
        told = bare[plain_name]
    else:
        # syscall(2) tells facts of each number, which is named after it.
        part = re.compile(rf"(\S+ \S+ ){OTHER_FORMS.sub('', name)}: ")
        told = [part.sub(r"\1", line) for line in bare.get("syscall", []) if part.match(line)]
        # Every name is to leave nothing open; of the numbers that is told once for all.
        told += [re.sub(r"^(\S+ \S+) .*", r"\1 left-open=0", line) for line in told[:1]]
    return [f"{name} {line.split(' ', 1)[1]}" for line in told]


def is_refused(line: str) -> bool:
    return bool(re.search(r" make error errno=ENOSYS$| make ok=0 errno=ENOSYS$", line))


def check_absent(name: str, bare: dict[str, list[str]], shimmed: list[str]) -> list[str]:
    """Everything that is wrong with a name that only the shim has."""
    if all(" is-cancelled=" in line for line in shimmed):
        # By its system call it need not be a cancellation point; but half a cancellation is none.
        return [line for line in shimmed if not re.search(r"is-cancelled=([01]) has-cleaned-up=\1$", line)]
    expected = reference(name, bare)
    if expected and not is_absent(expected):
        wrong = compare(expected, shimmed)
        return [line for line in wrong if not line.startswith("-")] if name in TELLS_LESS else wrong
    made = [line for line in shimmed if re.search(r"cloexec=[01]", line) and "kept" not in line.split()]
    return [f"makes something: {line}" for line in made] + ([] if is_refused(shimmed[0]) else [f"not ENOSYS: {shimmed[0]}"])


def check_name(name: str, bare_facts: dict[str, list[str]], shimmed: list[str], is_emulated: bool) -> list[str]:
    """Everything that is wrong with one name."""
    bare = bare_facts[name]
    if is_emulated and name in NOT_CANCELLED_UNDER_QEMU and all(" is-cancelled=0 " in line for line in bare):
        return [line for line in shimmed if " is-cancelled=1 " not in line]
    if is_absent(bare) and not is_absent(shimmed):
        return check_absent(name, bare_facts, shimmed)
    wrong = compare(bare, shimmed)
    flags = [line for line in bare if FLAG.search(line) and not must_stay(line)]
    if flags and not any("cloexec=0" in line for line in flags) and name not in CLOSED_ALREADY:
        wrong.append("nothing was inheritable without the shim, so that this shows nothing")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--context", default="main")
    parser.add_argument("--names", default="")
    parser.add_argument("runner", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that the runner is ended, too
    arguments = ["--context", options.context, *filter(None, options.names.split(","))]
    is_emulated = os.path.basename(options.runner[0]).startswith("qemu-")
    bare = facts(command(options.runner, None), arguments)
    shimmed = facts(command(options.runner, options.shim), arguments)

    passed = failed = 0
    for name in dict.fromkeys([*bare, *shimmed]):
        wrong = check_name(name, bare, shimmed[name], is_emulated)
        passed += max(len(shimmed[name]) - len(wrong), 0)
        failed += len(wrong)
        for line in wrong:
            print(f"{name}: {line}")
    inheritable = [sum("cloexec=0" in line and not must_stay(line) for lines in told.values() for line in lines)
                   for told in (bare, shimmed)]
    absent = sorted(name for name, lines in bare.items() if is_absent(lines))
    print(f"inheritable without the shim: {inheritable[0]}, with it: {inheritable[1]}")
    print(f"not in this libc: {' '.join(absent) or 'none'}")
    if bare["exit"] != ["exit status=0"]:
        failed += 1
    # On ppc64el glibc's unwinder does not find its way out of the frame that qemu makes for a signal.
    cleaned = "" if is_emulated else " has-cleaned-up=1"
    cancelled = sum(f"is-cancelled=1{cleaned}" in line for lines in bare.values() for line in lines)
    if (cancelled if options.context == "cancel" else inheritable[0]) == 0:
        print("nothing was inheritable, or cancelled, without the shim")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
