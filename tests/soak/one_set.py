#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One of the two sets: starts its servers, loads and disturbs them for a time, and writes what it sees.

Usage: one_set.py MINUTES COMMAND FOLDER. Whether it runs under the shim is its environment's business, which it hands on.
Writes FOLDER/series (a line of JSON every ten seconds) and FOLDER/end. Ends all that it started, whatever happens.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent / "system"))

from job import Job  # noqa: E402
from processes import Reaper, family  # noqa: E402
from sample import Sampler  # noqa: E402
from servers.nginx import Nginx  # noqa: E402
from servers.postgres import Postgres  # noqa: E402
from servers.redis import Redis  # noqa: E402
from tally import Tally  # noqa: E402

PR_SET_PDEATHSIG = 1
SAMPLE_PAUSE = 10


def shared_memory_of(pids):
    """System V segments, which outlive processes: those that one of these made."""
    lines = pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()
    creator = lines[0].split().index("cpid")
    return [line for line in lines[1:] if int(line.split()[creator]) in pids]


class Set:
    def __init__(self, minutes, command, folder):
        self.minutes, self.command, self.folder = minutes, command, folder
        self.tally, self.ends, self.threads, self.servers = Tally(), threading.Event(), [], []
        # Its own end: servers are waited for until all are gone.
        self.reaping = threading.Event()
        self.postmasters = set()
        shim = {name: value for name, value in os.environ.items() if name.startswith(("LD_PRELOAD", "CLOEXEC_"))}
        self.job = Job(shim)

    def spawn(self, function, *arguments):
        self.threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self.threads[-1].start()

    def start(self):
        reaper = Reaper(lambda kind: self.tally.add("failed", "set", kind))
        threading.Thread(target=reaper.reap_until, args=(self.reaping,), daemon=True).start()
        for kind in (Nginx, Redis, Postgres):
            for steady in (False, True):
                name = kind.__name__.lower() + ("-steady" if steady else "")
                self.servers.append(kind(self.job, self.tally, name, steady))
                self.servers[-1].phase = 2 * len(self.servers)
                self.servers[-1].start()
                self.servers[-1].wait_until_it_answers()
                self.servers[-1].prepare()

    def run(self):
        with open(self.folder / "series", "w") as file:
            sampler = Sampler(self.job, self.servers, self.tally, self.command, file)
            for server in self.servers:
                self.spawn(server.load, self.ends)
                self.spawn(server.load_by_tool, self.ends)
                self.spawn(server.disturb, self.ends, sampler.began)
            (self.folder / "runs").touch()
            taken = 0
            while (left := sampler.began + self.minutes * 60 - time.monotonic()) > 0:
                time.sleep(min(left, max(0, sampler.began + (taken + 1) * SAMPLE_PAUSE - time.monotonic())))
                sampler.take()
                taken += 1
                self.postmasters.update(server.main_process() for server in self.servers if isinstance(server, Postgres))
            self.ends.set()
            for thread in self.threads:
                thread.join(90)
            hung = sum(thread.is_alive() for thread in self.threads)
            for server in self.servers:
                server.attempt("data at the end", lambda server=server: server.verify() or 1, server.epoch)
            return {"hung": hung, "logs": {server.name: server.log_kinds() for server in self.servers}}

    def stop(self):
        """The servers by their own means: returns who is left then, which is nobody if all is well."""
        self.ends.set()
        for server in self.servers:
            with contextlib.suppress(*server.errors):
                server.stop(server.stop_signal)
        time.sleep(1.5)  # more than the reaper's pause
        self.reaping.set()
        return [f"{each.name} {each.pid}, {each.state}" for each in family() if each.pid != os.getpid()]

    def keep_logs(self):
        for server in self.servers:
            for path in [server.folder / "output", server.folder / "error.log", server.folder / "logs" / "postgres.log"]:
                if path.exists():
                    shutil.copy(path, self.folder / f"{server.name}.{path.name}")


def main():
    if "--help" in sys.argv or len(sys.argv) != 4:
        sys.exit(__doc__)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    this = Set(float(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]))
    end = {}
    try:
        this.start()
        end = this.run()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            end |= {"left": this.stop()}
            this.keep_logs()
        finally:
            this.job.end()
    end["left"] += ["a shared memory segment"] * len(shared_memory_of(this.postmasters))
    (this.folder / "end").write_text(json.dumps(end | this.tally.snapshot()))


main()
