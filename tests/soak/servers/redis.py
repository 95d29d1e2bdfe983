# SPDX-License-Identifier: Apache-2.0
"""redis: it forks to write snapshots, and what it has acknowledged must survive its being killed."""
import contextlib
import re
import signal

import redis

from processes import send
from server import Server, WrongData

KEYS = 500


class Redis(Server):
    errors = (OSError, redis.RedisError)

    def __init__(self, job, tally, name, steady):
        super().__init__(job, tally, name, steady)
        self.written = 0
        self.values = {}   # what each key may have: more than one value where an answer did not come

    def start(self):
        # Not everysec: while the disk is busy, that keeps what it has acknowledged in the process for up to two seconds.
        self.launch("/usr/bin/redis-server", "--bind", "127.0.0.1", "--port", self.port, "--dir", self.folder, "--save", "",
                    "--appendonly", "yes", "--appendfsync", "no")

    def connect(self):
        return redis.Redis(port=self.port, socket_timeout=10, decode_responses=True, single_connection_client=True)

    @contextlib.contextmanager
    def client(self):
        with contextlib.closing(self.connect()) as connection:
            yield connection

    def main_process(self):
        with contextlib.suppress(*self.errors), self.client() as client:
            return client.info("server")["process_id"]
        return None

    def answers(self):
        with self.client() as client:
            return client.ping()

    def ask(self, connection):
        with self.data:
            key, value = f"key{self.written % KEYS}", str(self.written)
            self.written += 1
            before = self.values.get(key, {None})
            self.values[key] = before | {value}
            connection.set(key, value)
            self.values[key] = {value}
            if connection.get(key) != value:
                raise WrongData("another value")
        return 2

    def fresh(self):
        with self.client() as client:
            return self.ask(client)

    def verify(self):
        if self.values:
            with self.client() as client:
                found = dict(zip(self.values, client.mget(list(self.values))))
            if lost := [key for key, value in found.items() if value not in self.values[key]]:
                raise WrongData(f"{len(lost)} keys have another value")

    def tool(self):
        self.run_tool("redis-benchmark", "-p", self.port, "-n", "200", "-c", "4", "-t", "ping_mbulk,incr,set,get", "-q")
        return 800

    def saved(self, command, in_progress, status):
        with self.client() as client:
            command(client)
            self.wait(lambda: client.info("persistence")[in_progress] == 0, "the child's end")
            if (said := client.info("persistence")[status]) != "ok":
                raise OSError(f"{status} is {said}")

    def snapshot(self):
        self.saved(redis.Redis.bgsave, "rdb_bgsave_in_progress", "rdb_last_bgsave_status")

    def rewrite(self):
        self.saved(redis.Redis.bgrewriteaof, "aof_rewrite_in_progress", "aof_last_bgrewrite_status")

    def kill_a_snapshot(self):
        with self.client() as client:
            client.config_set("rdb-key-save-delay", 20_000)  # microseconds a key
            client.bgsave()
            child = self.wait(lambda: self.child_of(client.info("server")["process_id"]), "the child")
            send(child, signal.SIGKILL)
            self.wait(lambda: client.info("persistence")["rdb_bgsave_in_progress"] == 0, "its end")
            client.config_set("rdb-key-save-delay", 0)
            if client.info("persistence")["rdb_last_bgsave_status"] != "err":
                raise OSError("the killed snapshot counts as done")

    @staticmethod
    def child_of(pid):
        with open(f"/proc/{pid}/task/{pid}/children") as listed:
            return int((listed.read().split() or [0])[0])

    def shut_down_and_start(self):
        def shut_down():
            with self.client() as client:
                client.shutdown()
            self.stop(signal.SIGTERM)
        self.restart(shut_down)

    def kill_and_start(self):
        self.restart(self.kill)

    events = (snapshot, rewrite, kill_and_start, snapshot, shut_down_and_start, rewrite, kill_a_snapshot)
    steady_events = (snapshot, rewrite)
    stop_signal = signal.SIGTERM

    def log_lines(self):
        text = (self.folder / "output").read_text(errors="replace")
        yield from (found[1] for found in re.finditer(r"^\d+:[A-Z] .*? # (.*)", text, re.M))
        yield from re.findall(r"^cloexec: .*", text, re.M)
