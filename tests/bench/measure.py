# SPDX-License-Identifier: Apache-2.0
"""How scripts/bench counts and times: callgrind's instructions, strace's system calls, Google Benchmark's processor time."""
import collections
import json
import os
import re
import statistics
import subprocess
import tempfile


def clean(**added):
    """This environment, but what is preloaded and how is the measurement's own business."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_"))}
    return kept | {name: str(value) for name, value in added.items()}


def run(command, **added):
    return subprocess.run([str(word) for word in command], env=clean(**added), check=True, capture_output=True, text=True)


def instructions(command, **added):
    # Where things lie changes how many instructions a memory function takes.
    done = run(["setarch", "--addr-no-randomize", "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], **added)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def system_calls(command, **added):
    with tempfile.NamedTemporaryFile("r") as trace:
        passed = [word for name, value in added.items() for word in ("-E", f"{name}={value}")]
        run(["strace", "-qq", "-o", trace.name, *passed, *command])
        return sum("(" in line for line in trace.read().splitlines())


def processor_times(times, pattern, repetitions, **added):
    """{call: {threads: {form: nanoseconds}}}: medians of repetitions that take turns within one process."""
    done = run([times, f"--benchmark_filter={pattern}", f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
                "--benchmark_format=json"], **added)
    found = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    for one in json.loads(done.stdout[done.stdout.index("{"):])["benchmarks"]:
        if one["run_type"] == "iteration":
            call, form, *_ = one["run_name"].split("/")
            found[call][one["threads"]][form].append(one["cpu_time"])
    return {call: {threads: {form: statistics.median(taken) for form, taken in forms.items()} for threads, forms in of_call.items()}
            for call, of_call in found.items()}


def table(header, rows):
    lines = [f"| {' | '.join(map(str, header))} |", "|" + "---|" * len(header)]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows]) + "\n"


def spread(ratios):
    return f"{statistics.median(ratios):.3f} ({min(ratios):.2f} to {max(ratios):.2f})"
