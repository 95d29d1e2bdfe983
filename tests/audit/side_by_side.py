#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What recording costs beside strace: wall times of one run, alternating, as ratios to bare. No limit is asserted.

Usage: side_by_side.py CLOEXEC CALLS [RUNS]
"""
import statistics
import subprocess
import sys
import time

cloexec, calls, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10
WORK = {
    "500 processes of a shell loop": ["sh", "-c", "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done"],
    "100,000 opens": [calls, "open", "100000"],
}
WAYS = {
    "bare": [],
    "audit": [cloexec, "audit", "-o", "/dev/null", "--"],
    "strace -f -e trace=%desc": ["strace", "-f", "-o", "/dev/null", "-e", "trace=%desc"],
}


def seconds(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


for name, work in WORK.items():
    times = {way: [] for way in WAYS}
    for _ in range(runs):
        for way, prefix in WAYS.items():
            times[way].append(seconds([*prefix, *work]))
    print(name)
    for way, taken in times.items():
        ratios = [one / bare for one, bare in zip(taken, times["bare"])]
        print(f"    {way:26} {statistics.median(ratios):7.2f}  ({min(ratios):.2f} to {max(ratios):.2f})")
