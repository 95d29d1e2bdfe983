#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the shim beside its peers and writes docs/performance.md and its plots. Usage: performance.py BUILD [ROUNDS]

Nothing is asserted here: the budgets are tests (tests/bench/budgets.py).
"""
import collections
import datetime
import os
import pathlib
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile

from measure import instructions, processor_times, run, spread, system_calls, table
from plots import draw_bars, draw_lines
from work import WORK

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
BUILD = pathlib.Path(sys.argv[1]).resolve()
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
SHIM, CLOEXEC = str(BUILD / "shim/libcloexec.so"), str(BUILD / "cli/cloexec")
TIMES, CALLS = str(BUILD / "tests/bench/times"), str(BUILD / "tests/bench/calls")
EMPTY = next(map(str, BUILD.glob("tests/bench/*empty_preload.so")))
# A call of each family, and those that programs make most; valgrind does not know the family mount's, open_tree.
COUNTED = ["open", "fopen", "mkstemp", "dup", "dup2", "pipe", "socket", "accept", "recvmsg", "eventfd", "posix_openpt", "exec"]
TIMED = [*COUNTED, "open_tree"]
PEERS = {"an empty preload": EMPTY, "libcloexec": SHIM, "libeatmydata": "libeatmydata.so", "libfaketime": "libfaketime.so.1",
         "libsocket_wrapper": "libsocket_wrapper.so", "torsocks": "libtorsocks.so", "stdbuf": "libstdbuf.so"}
FORMS = {"asks itself": "asked", "then fcntl": "fcntl"}


def counts(ways):
    def per_call(count, kind, *form, **added):
        return (count([CALLS, kind, "120", *form], **added) - count([CALLS, kind, "20", *form], **added)) / 100

    def added_by(bare, *call, **added):
        return f"{per_call(instructions, *call, **added) - bare[0]:.0f} / {per_call(system_calls, *call, **added) - bare[1]:.0f}"

    rows = []
    for kind in COUNTED:
        bare = per_call(instructions, kind), per_call(system_calls, kind)
        asked = [added_by(bare, kind, form) if kind != "exec" else "" for form in FORMS.values()]
        rows.append([kind, *asked, *(added_by(bare, kind, **added) for added in ways.values())])
    return table(["", *FORMS, *ways], rows)


def call_times(ways):
    """Ratios to bare, which is taken in turns with the other within each process."""
    ratios = collections.defaultdict(lambda: collections.defaultdict(list))
    timed = f"^({'|'.join(TIMED)})/{{}}/.*/threads:1$"
    for _ in range(ROUNDS):
        for call, of_call in processor_times(TIMES, timed.format(".*"), 20).items():
            nanoseconds = of_call[1]
            ratios[call]["bare again"].append(nanoseconds["plain"] / nanoseconds["bare"])
            for column, form in FORMS.items():
                if form in nanoseconds:
                    ratios[call][column].append(nanoseconds[form] / nanoseconds["bare"])
        for way, added in ways.items():
            for call, of_call in processor_times(TIMES, timed.format("(bare|plain)"), 20, **added).items():
                ratios[call][way].append(of_call[1]["plain"] / of_call[1]["bare"])
    columns = ["bare again", *FORMS, *ways]
    ratios = {call: ratios[call] for call in TIMED}
    medians = {call: [statistics.median(of_call[column]) if column in of_call else None for column in columns] for call, of_call in ratios.items()}
    overall = ["**median**"] + [f"**{statistics.median(row[place] for row in medians.values() if row[place] is not None):.3f}**" for place in range(len(columns))]
    shown = [column for column in columns if column != "bare again"]
    draw_bars({call: [row[columns.index(column)] or 0 for column in shown] for call, row in medians.items()}, shown, "time, bare = 1",
              DOCS / "performance-calls.svg")
    rows = [[call, *(spread(of_call[column]) if column in of_call else "" for column in columns)] for call, of_call in ratios.items()]
    return table(["", *columns], [*rows, overall])


def startup():
    bare = instructions(["/bin/true"]), system_calls(["/bin/true"])
    rows = [("nothing", 0, 0)]
    for peer, library in PEERS.items():
        found = library if "/" in library else run(["find", "/usr/lib", "/usr/libexec", "-name", library, "-print", "-quit"]).stdout.strip()
        if not found:
            sys.exit(f"performance: {library} is not installed")
        rows.append((peer, instructions(["/bin/true"], LD_PRELOAD=found) - bare[0], system_calls(["/bin/true"], LD_PRELOAD=found) - bare[1]))
    rows.sort(key=lambda row: row[1])
    return table(["preload", "instructions", "system calls"], [(peer, f"{added:,}", calls) for peer, added, calls in rows])


def most_numbers():
    """10 to 100,000, or to what this machine allows."""
    try:
        subprocess.run(["prlimit", "--nofile=102400:102400", "true"], check=True, capture_output=True)
        most = 100000
    except subprocess.CalledProcessError:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 1024
    return [10, 100, 1000, 10000, most]


def flatness():
    """Ratios by threads and by numbers taken; the cost must not grow with either."""
    by_threads = collections.defaultdict(lambda: collections.defaultdict(list))
    by_numbers = collections.defaultdict(lambda: collections.defaultdict(list))

    def note(found, call, column, nanoseconds):
        found[call][column].append(nanoseconds["plain"] / nanoseconds["bare"])

    for _ in range(ROUNDS):
        for call, of_call in processor_times(TIMES, "^(open|dup)/(bare|plain)/", 10, LD_PRELOAD=SHIM, BENCH_ITERATIONS=5000).items():
            for threads, nanoseconds in of_call.items():
                note(by_threads, call, threads, nanoseconds)
        for numbers in most_numbers():
            taken = processor_times(TIMES, "^(open|dup)/(bare|plain)/.*/threads:1$", 20, LD_PRELOAD=SHIM, BENCH_TAKEN_NUMBERS=numbers)
            for call, of_call in taken.items():
                note(by_numbers, call, numbers, of_call[1])
    text = ""
    for what, found, file, logarithmic in (("threads", by_threads, "performance-threads.svg", False),
                                           ("descriptors open", by_numbers, "performance-descriptors.svg", True)):
        columns = sorted(next(iter(found.values())))
        text += table([what, *(f"{column:,}" for column in columns)], [[call, *(spread(of_call[column]) for column in columns)] for call, of_call in found.items()]) + "\n"
        draw_lines({call: (columns, [statistics.median(of_call[column]) for column in columns]) for call, of_call in found.items()},
                   what, "time, bare = 1", DOCS / file, logarithmic)
    return text


def real_work():
    def once(work, **added):
        with tempfile.TemporaryDirectory() as folder:
            return work(pathlib.Path(folder), **added)

    rows = []
    for name, work in WORK.items():
        # Bare twice: how far apart equal things are.
        pairs = [(once(work), once(work, LD_PRELOAD=SHIM), once(work)) for _ in range(max(ROUNDS, 10))]
        rows.append([name, *(spread([pair[other] / pair[0] for pair in pairs]) for other in (2, 1))])
    return table(["", "bare again", "standard"], rows)


def audit_costs():
    done = run([sys.executable, HERE.parent / "audit/side_by_side.py", CLOEXEC, CALLS, str(ROUNDS)])
    return f"```\n{done.stdout}```\n"


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}"


def main():
    # How far an exec looks for what it could give depends on the limit, of which this is the usual one.
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as rules, tempfile.NamedTemporaryFile("w", suffix=".conf") as nothing:
        for number in range(1000):
            rules.write(f"exempt open,dup2 program=other{number} when=child path=/srv/{number}\n")
        rules.flush()
        shim = {"LD_PRELOAD": SHIM, "CLOEXEC_POLICY_FILE": nothing.name}
        ways = {"standard": shim, "strict": shim | {"CLOEXEC_PROFILE": "strict"}, "1,000 rules": shim | {"CLOEXEC_POLICY_FILE": rules.name},
                "a rule to ask": shim | {"CLOEXEC_POLICY": "exempt fd=60000"}, "observe": shim | {"CLOEXEC_MODE": "observe"}}
        sections = {
            "CALLS": counts(ways), "TIMES": call_times(ways), "STARTUP": startup(), "FLAT": flatness(), "WORK": real_work(),
            "AUDIT": audit_costs(), "MACHINE": machine(), "DATE": datetime.date.today().isoformat(), "ROUNDS": str(ROUNDS),
        }
    text = (HERE / "performance.md.in").read_text()
    for name, section in sections.items():
        text = text.replace(f"@{name}@", section.rstrip())
    (DOCS / "performance.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
