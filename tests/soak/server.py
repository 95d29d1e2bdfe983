# SPDX-License-Identifier: Apache-2.0
"""What the three servers have in common: a folder, a port, a load, and disturbances at the same times in both sets."""
import contextlib
import re
import signal
import subprocess
import threading
import time

from job import Failure
from processes import look_at, running_in, send
from tally import kind_of, kind_of_exception

PAUSE = 0.25          # seconds between two requests of one client
TOOL_PAUSE = 20       # between two bursts of the server's own load tool
EVENT_PAUSE = 15      # between two disturbances


class WrongData(Exception):
    """What was acknowledged is not there, or what is there was never written."""


class Server:
    """`steady` ones are disturbed by what their processes survive only, so that these grow old."""
    events, steady_events, errors = (), (), (OSError,)

    def __init__(self, job, tally, name, steady):
        self.job, self.tally, self.name, self.steady = job, tally, name, steady
        self.phase = 0  # seconds after the others' events and tools
        self.folder = job.directory / name
        self.folder.mkdir()
        self.port = job.port()
        # Odd while a disturbance breaks connections: what fails in such a time, or spans one, is expected to.
        self.epoch = 0
        self.held, self.held_epoch = None, 0
        self.data = threading.Lock()

    # A server says what these do.
    def start(self): ...
    def prepare(self): ...
    def main_process(self): ...
    def answers(self): ...
    def fresh(self): ...
    def connect(self): ...
    def ask(self, connection): ...
    def tool(self): ...
    def verify(self): ...
    def log_lines(self): ...

    def launch(self, *words):
        with open(self.folder / "output", "ab") as log:
            process = self.job.start(*words, cwd=self.folder, stdout=log, stderr=log)
        process.returncode = 0  # the Reaper waits for it, not subprocess

    def wait(self, condition, what):
        return self.job.wait_for(condition, f"{self.name}: {what}", timeout=60)

    def wait_until_it_answers(self):
        self.wait(lambda: self.quietly(self.answers), "an answer")

    def quietly(self, call):
        with contextlib.suppress(*self.errors):
            return call()

    @contextlib.contextmanager
    def forced(self):
        self.epoch += 1
        try:
            yield
        finally:
            self.epoch += 1

    def stop(self, number):
        """Orderly; what takes longer is left."""
        if (pid := self.main_process()) is not None:
            send(pid, number)
        with contextlib.suppress(Failure):
            self.job.wait_for(lambda: not running_in(self.folder), "the end", timeout=15)

    def kill(self):
        """Its main process first, which would start the others anew."""
        pid = self.main_process()
        if pid is not None:
            send(pid, signal.SIGKILL)

        def all_ended():
            for each in (left := running_in(self.folder)):
                send(each, signal.SIGKILL)
            # PostgreSQL takes a zombie that its pid file names for a running server.
            return not left and look_at(pid) is None
        self.wait(all_ended, "its end by SIGKILL")

    def restart(self, end):
        with self.forced():
            end()
            self.start()
            self.wait_until_it_answers()
        with self.data:
            self.verify()

    def attempt(self, what, request, epoch):
        try:
            count = request()
        except WrongData as trouble:
            self.tally.add("failed", self.name, f"{what}: {kind_of_exception(trouble)}")
        except self.errors as trouble:
            forced = epoch % 2 == 1 or self.epoch != epoch
            self.tally.add("forced" if forced else "failed", self.name, f"{what}: {kind_of_exception(trouble)}")
        else:
            self.tally.add("served", self.name, what, count)

    def ask_held(self):
        try:
            if self.held is None:
                self.held = self.connect()
            return self.ask(self.held)
        except BaseException:
            if self.held is not None:
                self.quietly(self.held.close)
            self.held = None
            raise

    def load(self, ends):
        """By a new connection each time, and by one that is held."""
        while not ends.wait(PAUSE):
            self.attempt("new connections", self.fresh, self.epoch)
            if self.held is None:
                self.held_epoch = self.epoch
            self.attempt("held connection", self.ask_held, self.held_epoch)

    def load_by_tool(self, ends):
        ends.wait(self.phase)
        while not ends.wait(TOOL_PAUSE):
            self.attempt("tool", self.tool, self.epoch)

    def run_tool(self, *words):
        """Its output; an error's kind is the first line that speaks of one."""
        try:
            done = self.job.run(*words, check=False, timeout=60)
        except subprocess.TimeoutExpired:
            raise OSError(f"{words[0]} did not end") from None
        if done.returncode != 0:
            said = done.stderr.splitlines() + done.stdout.splitlines()
            line = next((line for line in said if re.search("error|fail|could not", line, re.IGNORECASE)), "")
            raise OSError(f"{words[0]} exited with {done.returncode}: {line}")
        return done.stdout

    def disturb(self, ends, began):
        """Each event at its time since the start, late ones left out, so that both sets have the same at the same time."""
        events = self.steady_events if self.steady else self.events
        slot = 0
        began += self.phase
        while not ends.wait(max(0, began + (slot + 1) * EVENT_PAUSE - time.monotonic())):
            event = events[slot % len(events)]
            name = event.__name__.replace("_", " ")
            try:
                event(self)
                self.tally.add("events", self.name, name)
            except Exception as trouble:  # pylint: disable=broad-except
                self.tally.add("failed", self.name, f"{name}: {kind_of_exception(trouble)}")
                self.recover()
            slot = max(slot + 1, int((time.monotonic() - began) / EVENT_PAUSE))

    def recover(self):
        try:
            self.restart(self.kill)
        except Exception as trouble:  # pylint: disable=broad-except
            self.tally.add("failed", self.name, f"recovery: {kind_of_exception(trouble)}")

    def log_kinds(self):
        kinds = {}
        for line in self.log_lines():
            kind = kind_of(line)
            kinds[kind] = kinds.get(kind, 0) + 1
        return kinds
