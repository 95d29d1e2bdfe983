# SPDX-License-Identifier: Apache-2.0
"""nginx: its binary upgrade passes sockets on purpose, and its workers come and go."""
import contextlib
import hashlib
import http.client
import os
import random
import re
import signal

from processes import is_running, send
from programs.http import children, listening_inodes
from server import Server, WrongData

BODY = random.Random(1).randbytes(40_000)
DIGEST = hashlib.sha256(BODY).hexdigest()
WORKERS = 2


class Nginx(Server):
    errors = (OSError, http.client.HTTPException)

    def __init__(self, job, tally, name, steady):
        super().__init__(job, tally, name, steady)
        (self.folder / "body").write_bytes(BODY)
        temp = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # As root, workers would become another user, whose descriptors a container's root may not read.
        user = "user root;" if os.geteuid() == 0 else ""
        # nginx hands on no variable but those named here, so its next binary would run without the shim.
        kept = "".join(f"env {variable};" for variable in job.environment if variable.startswith(("LD_", "CLOEXEC_")))
        (self.folder / "nginx.conf").write_text(
            f"{user} {kept} worker_processes {WORKERS}; pid {self.folder}/pid; error_log {self.folder}/error.log;"
            f"events {{ worker_connections 64; }} http {{ access_log {self.folder}/access.log; {temp} "
            f"server {{ listen 127.0.0.1:{self.port}; root {self.folder}; }} }}")

    def start(self):
        self.launch("/usr/sbin/nginx", "-e", self.folder / "error.log", "-c", self.folder / "nginx.conf")

    def main_process(self):
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self.folder / "pid").read_text())
        return None

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask(self, connection):
        try:
            return self.get(connection)
        except (ConnectionResetError, BrokenPipeError):
            # RFC 9112, 9.3.1: an old worker closes what is kept alive, and a client asks again.
            connection.close()
            return self.get(connection)

    @staticmethod
    def get(connection):
        connection.request("GET", "/body")
        answer = connection.getresponse()
        if answer.status != 200:
            raise http.client.HTTPException(f"status {answer.status}")
        if hashlib.sha256(answer.read()).hexdigest() != DIGEST:
            raise WrongData("another body")
        return 1

    def fresh(self):
        with contextlib.closing(self.connect()) as connection:
            return self.get(connection)

    answers = fresh

    def verify(self):
        self.fresh()

    def tool(self):
        said = self.run_tool("ab", "-q", "-s", "20", "-n", "100", "-c", "4", f"http://127.0.0.1:{self.port}/body")
        failed, done = (int(re.search(rf"^{what} requests:\s+(\d+)", said, re.M)[1]) for what in ("Failed", "Complete"))
        if failed or "Non-2xx" in said or f"{len(BODY)} bytes" not in said:
            raise OSError(f"ab: {failed} of {done} failed")
        return done

    def new_workers(self, before):
        return len(workers := children(self.main_process())) == WORKERS and not set(workers) & set(before)

    def reopen_logs(self):
        (self.folder / "access.log").rename(self.folder / "access.log.1")
        send(self.main_process(), signal.SIGUSR1)
        self.wait((self.folder / "access.log").exists, "a new log")

    def reload(self):
        before = children(self.main_process())
        send(self.main_process(), signal.SIGHUP)
        self.wait(lambda: self.new_workers(before), "new workers")

    def upgrade(self):
        old = self.main_process()
        before = set(listening_inodes(old).values())
        send(old, signal.SIGUSR2)
        self.wait(lambda: self.main_process() not in (None, old), "a new master")
        new = self.main_process()
        self.wait(lambda: len(children(new)) == WORKERS, "its workers")
        if not before & set(listening_inodes(new).values()):
            raise WrongData("the new master made a socket of its own")
        send(old, signal.SIGQUIT)
        self.wait(lambda: not is_running(old), "the old master's end")

    def kill_a_worker(self):
        with self.forced():
            before = children(self.main_process())
            send(before[0], signal.SIGKILL)
            self.wait(lambda: len(now := children(self.main_process())) == WORKERS and before[0] not in now, "a new worker")

    def quit_and_start(self):
        self.restart(lambda: self.stop(signal.SIGQUIT))

    def kill_and_start(self):
        self.restart(self.kill)

    events = (reload, reopen_logs, upgrade, kill_a_worker, reload, kill_and_start, upgrade, quit_and_start)
    steady_events = (reopen_logs,)
    stop_signal = signal.SIGQUIT

    def log_lines(self):
        pattern = re.compile(r"\[(?:warn|error|crit|alert|emerg)\] \d+#\d+: (?:\*\d+ )?(.*)")
        for name in ("error.log", "output"):
            if (path := self.folder / name).exists():
                yield from (found[0] for found in re.finditer(pattern, path.read_text(errors="replace")))
                yield from re.findall(r"^cloexec: .*", path.read_text(errors="replace"), re.M)
