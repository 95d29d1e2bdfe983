#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs real programs bare under `cloexec audit --system` and strace at once: the same descriptors must have crossed the same execs.

Usage: compare.py CLOEXEC [NAME...]     names are scenarios of tests/system
"""
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
AUDIT = HERE.parent / "audit"
sys.path.insert(0, str(AUDIT))

import strace_truth  # noqa: E402

SCENARIOS = ["nginx-upgrade", "sshd-login", "redis-bgsave", "apache", "make-jobserver", "postgres-copy-program", "postgres-parallel-query", "flock-of-a-shell", "socat-exec-pipes",
             "git-push"]
MAKE = ["sh", "-c", r"""printf 'int f(void) { return 1; }\n' > one.c; cp one.c two.c; printf 'all: one.o two.o\n' > Makefile; make -s -j2"""]


def watched(cloexec, folder, command):
    """The report, and what strace saw."""
    report, said, trace = folder / "report.json", folder / "said", folder / "trace"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_PRELOAD"))}
    with open(said, "w", encoding="utf-8") as errors:
        watch = subprocess.Popen([cloexec, "audit", "--system", "--format", "json", "-o", report], stderr=errors, stdin=subprocess.DEVNULL)
    try:
        while "watching" not in said.read_text():
            if watch.poll() is not None:
                sys.exit(f"compare: {said.read_text()}")
            time.sleep(0.01)
        done = subprocess.run(["strace", "-f", "-y", "-s", "256", "-o", trace, "-e", f"trace={strace_truth.TRACED}", "-e", "signal=none", *command],
                              capture_output=True, text=True, timeout=300, cwd=folder, env=environment, check=False)
    finally:
        watch.send_signal(signal.SIGTERM)
        watch.wait()
    return json.loads(report.read_text()), strace_truth.execs_of(trace)[0], done


def by_process(execs, process_of):
    found = collections.defaultdict(list)
    for one in execs:
        found[process_of(one)].append(one)
    return found


def differences(report, truth):
    """What is missing or invented, of the processes that strace saw."""
    real = by_process(truth, lambda one: one.process)
    seen = by_process((one for one in report["execs"] if one["pid"] in real), lambda one: one["pid"])
    for process in sorted(real):
        if len(seen[process]) != len(real[process]):
            yield f"process {process}: {[one['program'] for one in seen[process]]} seen, {[one.program for one in real[process]]} for strace"
            continue
        for said, true in zip(seen[process], real[process]):
            numbers = [one["fd"] for one in said["fds"]]
            if numbers != sorted(true.crossed):
                yield f"process {process}, {said['program']}: {numbers} seen, {sorted(true.crossed)} for strace"
    all_ = [fd["class"] for execs in seen.values() for one in execs for fd in one["fds"]]
    print(f"{sum(map(len, seen.values()))} execs, {len(all_)} crossings: {dict(collections.Counter(all_))}")


def compare(cloexec, name, command):
    with tempfile.TemporaryDirectory(prefix="cloexec-watch-") as folder:
        report, truth, done = watched(cloexec, pathlib.Path(folder), command)
        print(f"{name}: ", end="")
        found = list(differences(report, truth))
    if report["lost"]:
        found.append(f"{report['lost']} records were lost")
    if done.returncode != 0:
        found.append(f"exit status {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    for one in found[:20]:
        print(f"    {one}")
    print(f"    {'FAILED' if found else 'ok'}", flush=True)
    return not found


def main():
    if len(sys.argv) < 2 or "--help" in sys.argv:
        print(__doc__)
        return 2
    cloexec, names = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2:] or SCENARIOS
    results = [compare(cloexec, name, ["/usr/bin/python3", AUDIT / "scenario_in_audit.py", name]) for name in names]
    if len(sys.argv) == 2:
        results.append(compare(cloexec, "make -j2", MAKE))
    print(f"{sum(results)} of {len(results)} agree")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
