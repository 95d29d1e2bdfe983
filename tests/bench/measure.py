# SPDX-License-Identifier: Apache-2.0
"""How scripts/bench counts and times: callgrind's instructions, strace's system calls, Google Benchmark's processor time."""
import collections
import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import counting  # noqa: E402
from counting import clean_environment as clean  # noqa: E402


def run(command, **added):
    return subprocess.run([str(word) for word in command], env=clean(**added), check=True, capture_output=True, text=True)


def instructions(command, **added):
    return counting.instructions(command, clean(**added))


def system_calls(command, **added):
    return counting.system_calls(command, clean(), **added)


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
