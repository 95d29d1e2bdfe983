#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A leak through five calls in two libraries, in a thread: what `cloexec audit --stacks`, valgrind and strace say of it, and
what each costs. By hand; no time is asserted.

Usage: beside.py CLOEXEC CALLERS CALLS [RUNS]

Fails when the three do not name the same calls with the same lines, or when the audit does not say who got the descriptor.
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

OPENS, FEWER = 100_000, 2_000


def by_audit(cloexec, callers, folder):
    report = folder / "report.json"
    subprocess.run([cloexec, "audit", "--stacks", "--format", "json", "-o", report, "--", callers, "thread"], check=True, capture_output=True)
    (program, one), = [(each["program"], one) for each in json.loads(report.read_text())["execs"] for one in each["fds"]
                       if one["target"] == "/etc/passwd"]
    calls = [(frame["function"].replace("(anonymous namespace)::", "").split("(")[0], os.path.basename(frame["file"]), frame["line"])
             for frame in one["created"]["stack"]]
    return calls[:5], f"{program} gets {one['fd']}, made in thread {one['created']['thread']}"


def by_valgrind(callers, folder):
    """What is open when the program ends; who got it is not said."""
    done = subprocess.run(["valgrind", "--track-fds=yes", f"--log-file={folder}/valgrind.%p", callers, "thread"], check=True, capture_output=True)
    assert done.returncode == 0
    for log in sorted(folder.glob("valgrind.*")):
        found = re.search(r"Open file descriptor \d+: /etc/passwd\n((?:.*\b(?:at|by) 0x.*\n)+)", log.read_text())
        if found:
            calls = re.findall(r"(?:at|by) 0x\w+: (?:\(anonymous namespace\)::)?(\w+).*?\((\S+):(\d+)\)", found[1])
            return [(name, file, int(line)) for name, file, line in calls if file != "open64.c"][:5]
    return []


def by_strace(callers, folder):
    """Modules and offsets, which addr2line turns into lines."""
    trace = folder / "trace"
    subprocess.run(["strace", "-f", "-k", "-o", trace, "-e", "trace=openat", callers, "thread"], check=True, capture_output=True)
    lines = trace.read_text().splitlines()
    at, = [number for number, line in enumerate(lines) if "/etc/passwd" in line]
    calls = []
    for line in lines[at + 1:]:
        found = re.match(r" > (/[^(]+)\(.*\) \[(0x\w+)\]", line)
        if not found:
            break
        module, offset = found.groups()
        if "/libc.so" in module:
            continue
        name, place = subprocess.run(["addr2line", "-C", "-f", "-e", module, hex(int(offset, 16) - 1)], check=True, capture_output=True,
                                     text=True).stdout.split("\n")[:2]
        file, _, number = place.split(" ")[0].rpartition(":")
        calls.append((name.replace("(anonymous namespace)::", "").split("(")[0], os.path.basename(file), int(number)))
    return calls[:5]


def seconds(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def costs(cloexec, calls, runs):
    """Of each tool beside the bare program, of as many opens as can be waited for."""
    ways = {"cloexec audit": ([cloexec, "audit", "-o", "/dev/null", "--"], OPENS),
            "cloexec audit --stacks": ([cloexec, "audit", "--stacks", "-o", "/dev/null", "--"], OPENS),
            "valgrind --track-fds=yes": (["valgrind", "--track-fds=yes"], OPENS),
            "strace -f -k -e trace=%desc": (["strace", "-f", "-k", "-o", "/dev/null", "-e", "trace=%desc"], FEWER)}
    ratios = {way: [] for way in ways}
    for run in range(runs):
        bare = {opens: seconds([calls, "open", str(opens)]) for opens in (OPENS, FEWER)}
        for way, (prefix, opens) in ways.items():
            # strace takes minutes.
            if opens == FEWER and run > 0:
                continue
            ratios[way].append(seconds([*prefix, calls, "open", str(opens)]) / bare[opens])
    for way, taken in ratios.items():
        print(f"    {way:28} {statistics.median(taken):8.2f}  ({min(taken):.2f} to {max(taken):.2f}), {ways[way][1]:,} opens")


def main():
    if len(sys.argv) < 4 or "--help" in sys.argv:
        print(__doc__)
        return 2
    cloexec, callers, calls = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:4])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        audited, receiver = by_audit(cloexec, callers, folder)
        others = {"valgrind": by_valgrind(callers, folder), "strace": by_strace(callers, folder)}
    for call in audited:
        print("    {} ({}:{})".format(*call))
    print(f"    {receiver}")
    agree = True
    for tool, found in others.items():
        print(f"{'ok    ' if found == audited else 'FAILED'} {tool}: {'the same' if found == audited else found}")
        agree = agree and found == audited
    print("wall time, bare is 1")
    costs(cloexec, calls, int(sys.argv[4]) if len(sys.argv) > 4 else 5)
    return 0 if agree and "/true gets" in receiver and "thread loader" in receiver else 1


if __name__ == "__main__":
    sys.exit(main())
