#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares an audit with strace's log of the same run: for every exec the same descriptors, made by the same threads.

Usage: compare.py CLOEXEC NAME [OPTION...] [COMMAND...]

NAME is a scenario of tests/system when no command is given; options are the audit's.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import strace_truth

HERE = pathlib.Path(__file__).resolve().parent
# Which system calls a function may have made.
OPENING = {"open", "openat", "openat2", "creat", "open_by_handle_at"}
MAKERS = {"fopen": OPENING, "freopen": OPENING, "tmpfile": OPENING, "mkstemp": OPENING, "mkostemp": OPENING, "open": OPENING,
          "creat": OPENING, "pipe": {"pipe", "pipe2"}, "popen": {"pipe2"}, "dup": {"dup", "dup2", "dup3", "fcntl"},
          "fcntl": {"fcntl"}, "accept": {"accept", "accept4"}, "socket": {"socket", "socketpair"},
          "eventfd": {"eventfd2"}, "epoll": {"epoll_create", "epoll_create1"}, "recv": {"recvmsg", "recvmmsg"}}


def agree(call, system_call):
    known = [calls for prefix, calls in MAKERS.items() if call.lstrip("_").removeprefix("IO_").startswith(prefix)]
    return system_call in (known[0] if known else {call}) or call == system_call


def is_told(one, made):
    """Whether the audit has who made it; of what was close-on-exec from the beginning it has who cleared that."""
    who, call, thread = one["created"], made.call, made.thread
    if not who["call"] and one["class"] == "explicit":
        who, (call, thread) = one["cleared"], made.cleared
    return who["call"] == "posix_spawn" or (who["tid"] == thread and agree(who["call"], call))


def run(cloexec, command, folder, options):
    report, trace = folder / "report.json", folder / "trace"
    done = subprocess.run(["strace", "-f", "-y", "-s", "256", "-o", trace, "-e", f"trace={strace_truth.TRACED}", "-e", "signal=none",
                           cloexec, "audit", "--format", "json", "-o", report, *options, "--", *command],
                          capture_output=True, text=True, timeout=600)
    if not report.exists():
        sys.exit(f"compare: no report: {done.stdout}{done.stderr}")
    return json.loads(report.read_text()), strace_truth.execs_of(trace), done


def by_process(execs, process_of):
    found = collections.defaultdict(list)
    for one in execs:
        found[process_of(one)].append(one)
    return found


def leave_out(process, entered, real, born):
    """Nothing is known of what a program did and started that the shim could not enter: the last of the `entered`."""
    del real[process][entered:]
    for child, (parent, execs) in born.items():
        if parent == process and execs >= entered:
            leave_out(child, 0, real, born)


def differences(report, truth, born):
    """What is missing, invented, or said to be made by another."""
    audited = by_process(report["execs"], lambda one: one["pid"])
    real = by_process(truth, lambda one: one.process)
    # The audit itself, which strace has started.
    real.pop(truth[0].process)
    checked = 0
    for dark in [one["pid"] for one in report["execs"] if not one["shim"]]:
        leave_out(dark, len(audited[dark]), real, born)
    for process in sorted(set(audited) | set(real)):
        if len(audited[process]) != len(real[process]):
            yield (f"process {process}: {[one['program'] for one in audited[process]]} in the audit, "
                   f"{[one.program for one in real[process]]} for strace")
            continue
        for said, seen in zip(audited[process], real[process]):
            # What the shim has kept back has not crossed.
            numbers = {one["fd"] for one in said["fds"] if one["class"] != "withheld"}
            place = f"process {process}, {said['program']}"
            if numbers != set(seen.crossed):
                yield f"{place}: {sorted(numbers)} in the audit, {seen.crossed} for strace"
            for one in said["fds"]:
                made = seen.crossed.get(one["fd"])
                if made is None or one["class"] == "withheld":
                    continue
                checked += 1
                if not is_told(one, made):
                    yield f"{place}: {one} was made by {made}"
    print(f"{len(report['execs'])} execs, {checked} crossings: {collections.Counter(one['class'] for each in report['execs'] for one in each['fds'])}")


def odd_stacks(report):
    """Whose innermost call is another than the one that is known without a stack."""
    known = [one["created"] for each in report["execs"] for one in each["fds"] if one["created"]["offset"]]
    for created in known:
        if not created["stack"] or (created["stack"][0]["module"], created["stack"][0]["offset"]) != (created["module"], created["offset"]):
            yield f"the stack does not begin with the call: {created}"
    calls = [len(created["stack"]) for created in known]
    print(f"{len(known)} stacks of {min(calls, default=0)} to {max(calls, default=0)} calls")


def main():
    cloexec, name, *command = sys.argv[1:]
    options = []
    while command and command[0].startswith("--"):
        options.append(command.pop(0))
    with tempfile.TemporaryDirectory(prefix="cloexec-compare-") as folder:
        folder = pathlib.Path(folder)
        report, (truth, born), done = run(cloexec, command or ["/usr/bin/python3", str(HERE / "scenario_in_audit.py"), name], folder, options)
        killed = (folder / "trace").read_text(errors="replace").count("+++ killed by ")
        found = [*differences(report, truth, born), *odd_stacks(report)]
    # Each of those may have been writing one (docs/audit.md).
    if report["lost"] > killed:
        found.append(f"{report['lost']} records were lost, and {killed} processes killed")
    if report["lost_stacks"]:
        found.append(f"{report['lost_stacks']} stacks were lost")
    if done.returncode != 0:
        found.append(f"exit status {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    print("\n".join(found[:20]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
