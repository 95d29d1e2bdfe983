#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `cloexec audit --system` costs, in one run: prints a table for docs/audit-system.md. Bare and watched take turns: each
figure is the median of the ratios of neighbours. CLOEXEC, SPAWNS and PROBE name the programs; ROUNDS, SPAWNS_EACH how often;
WRK=no leaves nginx out; OPTIONS are more words for the watch."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

CLOEXEC, SPAWNS, PROBE = (os.path.abspath(os.environ[name]) for name in ("CLOEXEC", "SPAWNS", "PROBE"))
ROUNDS = int(os.environ.get("ROUNDS", "15"))
EACH = os.environ.get("SPAWNS_EACH", "400")
OPTIONS = os.environ.get("OPTIONS", "").split()


@contextlib.contextmanager
def watch(folder):
    """The watch, from when it says so; its processor time when it has ended, in seconds."""
    used = {}
    with open(folder / "said", "w+", encoding="utf-8") as said:
        process = subprocess.Popen([CLOEXEC, "audit", "--system", *OPTIONS, "-o", "/dev/null"], stderr=said, stdin=subprocess.DEVNULL)
        try:
            while "watching" not in (folder / "said").read_text():
                if process.poll() is not None:
                    raise SystemExit((folder / "said").read_text())
                time.sleep(0.01)
            before = times_of(process.pid)
            yield used
            used["watch"] = times_of(process.pid) - before
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def times_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(command, folder):
    """Wall seconds, and processor seconds of it and all that it waits for."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def compare(name, command, folder, per):
    """Both ways in turn; the ratios of neighbours, and what the watch used beside."""
    walls, processors, beside, bare = [], [], [], []
    for _ in range(ROUNDS):
        plain = run(command, folder)
        with watch(folder) as used:
            watched = run(command, folder)
        again = run(command, folder)
        wall, processor = ((one + other) / 2 for one, other in zip(plain, again))
        walls.append(watched[0] / wall)
        processors.append(watched[1] / processor)
        beside.append(used["watch"] / processor)
        bare.append(processor)
    figures = " | ".join(f"{statistics.median(all_):.3f}" for all_ in (walls, processors, beside))
    print(f"| {name} | {statistics.median(bare) / per * 1e6:.0f} us | {figures} |", flush=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def nginx(folder):
    port = free_port()
    (folder / "html").mkdir()
    (folder / "html/index.html").write_text("hello\n")
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; events {{ }}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}/html; }} }}\n")
    process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def requests(port):
    said = subprocess.run(["wrk", "-t1", "-c8", "-d2s", f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def compare_nginx(folder):
    ratios, rates = [], []
    with nginx(folder) as port:
        requests(port)
        for _ in range(ROUNDS):
            one = requests(port)
            with watch(folder):
                watched = requests(port)
            plain = (one + requests(port)) / 2
            ratios.append(plain / watched)
            rates.append(plain)
    print(f"| nginx under wrk, {statistics.median(rates):.0f} requests a second bare | | {statistics.median(ratios):.3f} | | |", flush=True)


def main():
    print("| | bare, each | wall time | processor time | the watch's own beside |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for leaks in ("0", "5", "500"):
            for how in ("spawn", "fork"):
                compare(f"{how} and wait, {leaks} that leak", [SPAWNS, how, EACH, "0", leaks, PROBE], folder, int(EACH))
        compare("300 times /bin/true by sh", ["sh", "-c", "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done"], folder, 300)
        text = "#include <stdio.h>\n" + "".join(f"int f{i}(int a) {{ return printf(\"%d\", a * {i}); }}\n" for i in range(400))
        (folder / "source.c").write_text(text)
        compare("gcc -O1 of 400 functions", ["gcc", "-O1", "-c", "source.c", "-o", "source.o"], folder, 1)
        if os.environ.get("WRK") != "no" and shutil.which("wrk") and shutil.which("nginx"):
            compare_nginx(folder)


if __name__ == "__main__":
    main()
