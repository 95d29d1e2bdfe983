#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the shim beside its peers and writes docs/performance.md and its plots. Usage: performance.py BUILD [ROUNDS]

Times are ratios within one round, in which all ways run one after the other; medians over the rounds, with the least and
the greatest. Counts are callgrind's instructions and strace's system calls. Nothing is asserted here: the budgets are
tests (tests/bench/budgets.py).
"""
import collections
import datetime
import json
import os
import pathlib
import platform
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
BUILD = pathlib.Path(sys.argv[1]).resolve()
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
SHIM, CLOEXEC = str(BUILD / "shim/libcloexec.so"), str(BUILD / "cli/cloexec")
TIMES, CALLS = str(BUILD / "tests/bench/times"), str(BUILD / "tests/bench/calls")
EMPTY = next(map(str, BUILD.glob("tests/bench/*empty_preload.so")))
KINDS = ["open", "socket", "pipe", "dup", "dup2", "accept", "fopen"]
PEERS = {"an empty preload": EMPTY, "libcloexec": SHIM, "libeatmydata": "libeatmydata.so", "libfaketime": "libfaketime.so.1",
         "libsocket_wrapper": "libsocket_wrapper.so", "torsocks": "libtorsocks.so", "stdbuf": "libstdbuf.so"}

plot.rcParams.update({"svg.hashsalt": "cloexec", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def clean(**added):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_"))}
    return kept | {name: str(value) for name, value in added.items()}


def run(command, **added):
    return subprocess.run([str(word) for word in command], env=clean(**added), check=True, capture_output=True, text=True)


def instructions(command, **added):
    done = run(["setarch", "--addr-no-randomize", "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], **added)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def system_calls(command, **added):
    with tempfile.NamedTemporaryFile("r") as trace:
        passed = [word for name, value in added.items() for word in ("-E", f"{name}={value}")]
        run(["strace", "-qq", "-o", trace.name, *passed, *command])
        return sum("(" in line for line in trace.read().splitlines())


def per_call(count, kind, **added):
    return (count([CALLS, kind, "120"], **added) - count([CALLS, kind, "20"], **added)) / 100


def table(header, rows):
    lines = [f"| {' | '.join(map(str, header))} |", "|" + "---|" * len(header)]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows]) + "\n"


def spread(ratios, digits=2):
    return f"{statistics.median(ratios):.{digits}f} ({min(ratios):.{digits}f} to {max(ratios):.{digits}f})"


def benchmark(pattern, prefix=(), **added):
    """Nanoseconds of each benchmark."""
    done = run([*prefix, TIMES, f"--benchmark_filter={pattern}", "--benchmark_min_time=0.03", "--benchmark_format=json"], **added)
    return {one["name"].removesuffix("/real_time/threads:1"): one["real_time"] for one in json.loads(done.stdout[done.stdout.index("{"):])["benchmarks"]}


def counts(ways):
    rows = []
    for kind in KINDS:
        bare = per_call(instructions, kind), per_call(system_calls, kind)
        row = [kind]
        for added in ways.values():
            row.append(f"{per_call(instructions, kind, **added) - bare[0]:.0f} / {per_call(system_calls, kind, **added) - bare[1]:.0f}")
        rows.append(row)
    return table(["instructions / system calls added", *ways], rows)


def call_times(ways):
    """Ratios to bare: of other forms of the program, and of the plain form under the shim."""
    ratios = collections.defaultdict(lambda: collections.defaultdict(list))
    for _ in range(ROUNDS):
        bare = benchmark("threads:1$")
        for name, nanoseconds in bare.items():
            call, form = name.split("/")
            if form != "plain":
                ratios[call][form].append(nanoseconds / bare[f"{call}/plain"])
        for way, added in ways.items():
            # Bare before and behind: what the machine does meanwhile concerns both.
            for name, nanoseconds in benchmark("plain/.*threads:1$", **added).items():
                ratios[name.split("/")[0]][way].append(nanoseconds / bare[name])
    columns = ["asked", "fcntl", *ways]
    names = {"asked": "asks itself", "fcntl": "then fcntl"}
    rows = [[call, *(spread(of_call[column]) for column in columns)] for call, of_call in ratios.items()]
    overall = ["**median of all**", *(f"**{statistics.median(one for of_call in ratios.values() for one in of_call[column]):.3f}**" for column in columns)]
    draw_bars({call: [statistics.median(of_call[column]) for column in columns] for call, of_call in ratios.items()},
              [names.get(column, column) for column in columns], "time, bare = 1", "performance-calls.svg")
    return table(["call and close", *(names.get(column, column) for column in columns)], [*rows, overall])


def draw_bars(values, columns, label, file):
    figure, axes = plot.subplots(figsize=(9, 3.6))
    width = 0.8 / len(columns)
    for place, column in enumerate(columns):
        axes.bar([index + place * width for index in range(len(values))], [row[place] for row in values.values()], width, label=column)
    axes.axhline(1, color="#888888", linewidth=0.8)
    axes.set_xticks([index + 0.4 - width / 2 for index in range(len(values))], values, rotation=30, ha="right")
    axes.set_ylabel(label)
    axes.legend(ncol=3, fontsize=7, frameon=False)
    save(figure, file)


def draw_lines(lines, label_x, label_y, file, logarithmic=False):
    figure, axes = plot.subplots(figsize=(6, 3))
    for name, (xs, ys) in lines.items():
        axes.plot(xs, ys, marker="o", markersize=3, label=name)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(label_x)
    axes.set_ylabel(label_y)
    axes.legend(frameon=False)
    save(figure, file)


def save(figure, file):
    figure.tight_layout()
    figure.savefig(DOCS / file, metadata={"Date": None})
    plot.close(figure)


def startup():
    rows = []
    bare = instructions(["/bin/true"]), system_calls(["/bin/true"])
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
    for _ in range(ROUNDS):
        for call in ("open", "dup"):
            pattern = f"{call}/plain/"
            bare, shimmed = benchmark(pattern), benchmark(pattern, LD_PRELOAD=SHIM)
            for name, nanoseconds in bare.items():
                threads = int(re.search(r"threads:(\d+)", name)[1]) if "threads" in name else 1
                by_threads[call][threads].append(shimmed[name] / nanoseconds)
            for numbers in most_numbers():
                single = f"{call}/plain/real_time/threads:1$"
                bare, shimmed = (benchmark(single, BENCH_TAKEN_NUMBERS=numbers, **added) for added in ({}, {"LD_PRELOAD": SHIM}))
                by_numbers[call][numbers].append(next(iter(shimmed.values())) / next(iter(bare.values())))
    text = ""
    for what, found, file, logarithmic in (("threads", by_threads, "performance-threads.svg", False),
                                           ("descriptors open", by_numbers, "performance-descriptors.svg", True)):
        columns = sorted(next(iter(found.values())))
        text += table([what, *columns], [[call, *(spread(of_call[column]) for column in columns)] for call, of_call in found.items()]) + "\n"
        draw_lines({call: (columns, [statistics.median(of_call[column]) for column in columns]) for call, of_call in found.items()},
                   what, "time, bare = 1", file, logarithmic)
    return text


class Server:
    """A daemon in the foreground, on a free port of the loopback interface."""

    def __init__(self, command, port, **added):
        self.process = subprocess.Popen(command, env=clean(**added), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def nginx_requests(folder, **added):
    port = free_port()
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n")
    (folder / "index.html").write_text("x" * 1000)
    folder.chmod(0o755)
    with Server(["nginx", "-c", folder / "nginx.conf"], port, **added):
        # A connection a request, so that each is an accept and an open.
        done = run(["wrk", "-t1", "-c8", "-d2", "-H", "Connection: close", f"http://127.0.0.1:{port}/"])
    return 1 / float(re.search(r"Requests/sec: +([\d.]+)", done.stdout)[1])


def redis_requests(folder, **added):
    port = free_port()
    with Server(["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)], port, **added):
        done = run(["redis-benchmark", "-p", str(port), "-t", "set", "-n", "50000", "-c", "20", "-k", "0", "-q", "--csv"])
    return 1 / float(re.search(r'"SET","([\d.]+)"', done.stdout)[1])


def seconds(command, **added):
    begin = time.perf_counter()
    run(command, **added)
    return time.perf_counter() - begin


def shell_loop(_, **added):
    return seconds(["sh", "-c", "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done"], **added)


def compilation(folder, **added):
    source = folder / "source.cpp"
    source.write_text("#include <string>\n#include <vector>\nint main() { return std::vector<std::string>{}.empty() ? 0 : 1; }\n")
    return seconds(["g++", "-O1", "-c", source, "-o", folder / "object.o"], **added)


def real_work():
    rows = []
    for name, work in (("nginx, a connection each (wrk)", nginx_requests), ("redis, a connection each (redis-benchmark)", redis_requests),
                       ("a shell loop of 500 processes", shell_loop), ("g++ -c of a small file", compilation)):
        ratios = []
        for _ in range(max(ROUNDS, 10)):
            with tempfile.TemporaryDirectory() as folder:
                bare = work(pathlib.Path(folder))
            with tempfile.TemporaryDirectory() as folder:
                ratios.append(work(pathlib.Path(folder), LD_PRELOAD=SHIM) / bare)
        rows.append([name, spread(ratios)])
    return table(["work", "time, bare = 1"], rows)


def audit_costs():
    done = run([sys.executable, HERE.parent / "audit/side_by_side.py", CLOEXEC, CALLS, str(ROUNDS)])
    return f"```\n{done.stdout}```\n"


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}"


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as rules, tempfile.NamedTemporaryFile("w", suffix=".conf") as nothing:
        for number in range(1000):
            rules.write(f"exempt open,dup2 program=other{number} when=child path=/srv/{number}\n")
        rules.flush()
        shim = {"LD_PRELOAD": SHIM, "CLOEXEC_POLICY_FILE": nothing.name}
        ways = {"standard": shim, "strict": shim | {"CLOEXEC_PROFILE": "strict"}, "1,000 rules": shim | {"CLOEXEC_POLICY_FILE": rules.name},
                "observe": shim | {"CLOEXEC_MODE": "observe"}}
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
