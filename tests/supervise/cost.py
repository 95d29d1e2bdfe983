#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a supervisor costs, in one run: prints the table of docs/supervise.md. Processor time, of the program, all that it starts
and the supervisor together: what else the machine does changes it little; and behind a stroke elapsed time, which means something
on a quiet machine alone. Ways take turns, and each figure is the median. CLOEXEC, SPAWNS, PROBE and IDLE_TRACER name the
programs; ROUNDS and SPAWNS_EACH how often."""
import ctypes
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

CLOEXEC, SPAWNS, PROBE, IDLE = (os.environ[name] for name in ("CLOEXEC", "SPAWNS", "PROBE", "IDLE_TRACER"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))
EACH = os.environ.get("SPAWNS_EACH", "300")

WAYS = {
    "bare": [],
    "a tracer that does nothing": [IDLE],
    "preload": [CLOEXEC, "run", "--"],
    "supervised": [CLOEXEC, "run", "--supervise", "--mode", "off", "--"],
    "both": [CLOEXEC, "run", "--supervise", "--"],
    "strace": ["strace", "-f", "--seccomp-bpf", "-e", "trace=execve", "-o", "/dev/null"],
}
COMPILE = ["/usr/bin/gcc", "-O1", "-c", "source.c", "-o", "source.o"]


def used(command, folder):
    """Milliseconds of processor time and elapsed ones until all have ended, the supervisor too: orphans come to us."""
    begun = time.monotonic()
    subprocess.Popen(list(map(str, command)), cwd=folder, stdout=subprocess.DEVNULL)
    total = 0
    while True:
        try:
            _, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return total * 1000, (time.monotonic() - begun) * 1000
        if status != 0:
            raise SystemExit(f"{command} ended with {status}")
        total += usage.ru_utime + usage.ru_stime


def spawned(way, folder, *words):
    """Microseconds of one start and end."""
    how, *others = words
    whole = used([*way, SPAWNS, how, EACH, *others, PROBE], folder)
    nothing = used([*way, SPAWNS, how, "0", *others, PROBE], folder)
    return tuple((one - other) * 1000 / int(EACH) for one, other in zip(whole, nothing))


def main():
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        text = "#include <stdio.h>\n" + "".join(f"int f{i}(int a) {{ return printf(\"%d\", a * {i}); }}\n" for i in range(400))
        pathlib.Path(folder, "source.c").write_text(text)
        cases = {
            "posix_spawn and wait, nothing open, us": lambda way: spawned(way, folder, "spawn", "0", "0"),
            "the same with 5 marked": lambda way: spawned(way, folder, "spawn", "5", "0"),
            "the same with 500 marked": lambda way: spawned(way, folder, "spawn", "500", "0"),
            "the same with 5 that leak": lambda way: spawned(way, folder, "spawn", "0", "5"),
            "the same with 500 that leak": lambda way: spawned(way, folder, "spawn", "0", "500"),
            "fork, exec and wait, nothing open, us": lambda way: spawned(way, folder, "fork", "0", "0"),
            "the same with 500 marked ": lambda way: spawned(way, folder, "fork", "500", "0"),
            "thread made and joined, us": lambda way: spawned(way, folder, "thread", "0", "0"),
            "300 times /bin/true by sh, ms": lambda way: used(
                [*way, "/bin/sh", "-c", "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done"], folder),
            "gcc -O1 of 400 functions, ms": lambda way: used([*way, *COMPILE], folder),
        }
        print("| | " + " | ".join(WAYS) + " |\n|---|" + "---|" * len(WAYS))
        for name, measure in cases.items():
            taken = {way: [] for way in WAYS}
            for _ in range(ROUNDS):
                for way, words in WAYS.items():
                    taken[way].append(measure(words))
            medians = [tuple(map(statistics.median, zip(*figures))) for figures in taken.values()]
            print(f"| {name.strip()} | " + " | ".join(f"{used:.0f} / {elapsed:.0f}" for used, elapsed in medians) + " |", flush=True)


if __name__ == "__main__":
    main()
