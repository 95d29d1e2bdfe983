# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL: a process for each connection, programs started for COPY and to archive, and recovery after every kill."""
import contextlib
import os
import re
import signal

import psycopg2

from processes import send
from programs.databases import AS_POSTGRES
from server import Server, WrongData

AS_USER = AS_POSTGRES if os.geteuid() == 0 else ()
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 30
shared_buffers = 8MB
# Falls with the folder; POSIX shared memory stays when all are killed.
dynamic_shared_memory_type = mmap
# The kernel keeps what a killed process has written.
fsync = off
min_wal_size = 2MB
max_wal_size = 16MB
checkpoint_timeout = 60s
autovacuum_naptime = 15s
archive_mode = on
archive_command = '{folder}/receive archived < %p'
logging_collector = on
log_directory = '{folder}/logs'
log_filename = 'postgres.log'
"""
# Says what reached it besides its own standard streams, and keeps what it is given.
RECEIVE = "#!/bin/sh\nls -l /proc/self/fd >> {folder}/reached\ncat > {folder}/$1\n"


class Postgres(Server):
    errors = (OSError, psycopg2.Error)

    def __init__(self, job, tally, name, steady):
        super().__init__(job, tally, name, steady)
        self.acknowledged, self.uncertain, self.next, self.seen = set(), set(), 0, 0
        self.binaries = job.run("pg_config", "--bindir", bare=True).stdout.strip()
        script = self.folder / "receive"
        script.write_text(RECEIVE.format(folder=self.folder))
        script.chmod(0o755)
        (self.folder / "transaction").write_text("\\set n random(1, 100)\nupdate hits set n = n + 1 where id = :n;\n")
        if os.geteuid() == 0:
            job.run("chown", "-R", "postgres:", self.folder, bare=True)
        job.run(*AS_USER, f"{self.binaries}/initdb", "--pgdata", "cluster", "--username", "postgres", "--auth", "trust",
                "--no-sync", "--no-instructions", "--wal-segsize", "1", cwd=self.folder)
        with open(self.folder / "cluster/postgresql.conf", "a") as settings:
            settings.write(SETTINGS.format(port=self.port, folder=self.folder))

    def start(self):
        self.launch(*AS_USER, f"{self.binaries}/postgres", "-D", "cluster")

    def main_process(self):
        with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
            return int((self.folder / "cluster/postmaster.pid").read_text().splitlines()[0])
        return None

    def connect(self):
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", connect_timeout=10)
        connection.autocommit = True
        return connection

    def sql(self, text):
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []

    def answers(self):
        return self.sql("select true")

    def prepare(self):
        self.sql("create table rows (n int primary key, filler text); create table hits (id int primary key, n int);"
                 "insert into hits select id, 0 from generate_series(1, 100) id")

    def ask(self, connection):
        with self.data:
            number = self.next
            self.next += 1
            self.uncertain.add(number)
            with connection.cursor() as cursor:
                cursor.execute("insert into rows values (%s, repeat('x', 50))", (number,))
            self.uncertain.discard(number)
            self.acknowledged.add(number)
        return 1

    def fresh(self):
        with contextlib.closing(self.connect()) as connection:
            return self.ask(connection)

    def verify(self):
        found = {row[0] for row in self.sql("select n from rows")}
        if lost := self.acknowledged - found:
            raise WrongData(f"{len(lost)} committed rows are lost")
        if unknown := found - self.acknowledged - self.uncertain:
            raise WrongData(f"{len(unknown)} rows nobody wrote")

    def tool(self):
        self.run_tool(f"{self.binaries}/pgbench", "-n", "-C", "-c", "2", "-t", "15", "-R", "10", "-h", "127.0.0.1",
                      "-p", self.port, "-U", "postgres", "-f", self.folder / "transaction", "postgres")
        return 30

    def copy_to_program(self):
        self.sql(f"copy (select n from generate_series(1, 5000) n) to program '{self.folder}/receive copied'")
        if (self.folder / "copied").read_text().split() != [str(n) for n in range(1, 5001)]:
            raise WrongData("the program was not given the rows")
        self.count_reached()

    def archive(self):
        archived = "select archived_count from pg_stat_archiver"
        before = self.sql(archived)
        self.sql("select pg_switch_wal()")
        self.wait(lambda: self.sql(archived) != before, "an archived segment")
        self.count_reached()

    def count_reached(self):
        """What programs that the server started have got above 2, but for the folder that ls itself reads."""
        with open(self.folder / "reached") as file:
            file.seek(self.seen)
            found = re.findall(r" (\d+) -> (.*)", file.read())
            self.seen = file.tell()
        self.tally.add("reached", self.name, "programs", sum(number == "0" for number, _ in found))
        strays = [target for number, target in found if int(number) > 2 and not target.startswith("/proc/")]
        self.tally.add("reached", self.name, "descriptors", len(strays))

    def reload(self):
        self.sql("select pg_reload_conf(), pg_rotate_logfile()")

    def query_in_parallel(self):
        rows = self.sql("set force_parallel_mode = on; set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0;"
                        "select count(*) from rows")
        if rows[0][0] < len(self.acknowledged) - 100:
            raise WrongData("the parallel query counts too few")

    def walwriter(self):
        rows = self.sql("select pid from pg_stat_activity where backend_type = 'walwriter'")
        return rows[0][0] if rows else None

    def crash(self, pid):
        """The server ends all its processes and recovers; a new walwriter says that it has."""
        before = self.walwriter()
        with self.forced():
            send(pid, signal.SIGKILL)
            self.wait(lambda: self.quietly(self.walwriter) not in (None, before), "its recovery")
        with self.data:
            self.verify()

    def kill_a_backend(self):
        with contextlib.closing(self.connect()) as connection:
            self.crash(connection.info.backend_pid)

    def kill_a_worker(self):
        self.crash(self.walwriter())

    def restart_fast(self):
        self.restart(lambda: self.stop(signal.SIGINT))

    def kill_and_start(self):
        self.restart(self.kill)

    events = (copy_to_program, kill_a_backend, archive, kill_and_start, reload, query_in_parallel, restart_fast, kill_a_worker)
    steady_events = (copy_to_program, archive, reload, query_in_parallel)
    stop_signal = signal.SIGINT

    def log_lines(self):
        for path in [self.folder / "output", *(self.folder / "logs").glob("*")]:
            text = path.read_text(errors="replace")
            yield from (f"{found[1]}: {found[2]}" for found in re.finditer(r" (WARNING|ERROR|FATAL|PANIC):\s+(.*)", text))
            yield from re.findall(r"LOG:  (.* (?:terminated by signal|exited with exit code) \d+.*)", text)
            yield from re.findall(r"^cloexec: .*", text, re.M)
