# SPDX-License-Identifier: Apache-2.0
"""Database servers: they fork for each connection, for parallel work and for snapshots, and start programs."""
import os

from scenario import scenario

# PostgreSQL refuses to run as root.
AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
COPIED = [f"{number}\t{number * number}" for number in range(1, 1001)]


def start_postgres(job):
    """A cluster of its own; returns a function that runs SQL there and returns what psql prints."""
    binaries = job.run("pg_config", "--bindir", bare=True).stdout.strip()
    (job.directory / "cluster").mkdir(mode=0o700)
    job.run("chown", "-R", "postgres:", job.directory, bare=True)
    job.run(*AS_POSTGRES, f"{binaries}/initdb", "--pgdata", "cluster", "--auth", "trust", "--no-sync",
            "--no-instructions")
    job.start(*AS_POSTGRES, f"{binaries}/postgres", "-D", "cluster", "-c", "listen_addresses=", "-c", "fsync=off",
              "-c", f"unix_socket_directories={job.directory}")

    def sql(text, check=True):
        return job.run(*AS_POSTGRES, "psql", "--no-psqlrc", "--host", job.directory, "--dbname", "postgres",
                       "--tuples-only", "--no-align", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", text,
                       bare=True, check=check)
    job.wait_for(lambda: sql("select 1", check=False).returncode == 0, "the server")
    return lambda text: sql(text).stdout


@scenario("postgresql-15|postgresql-17", does="initdb; COPY to and from a program")
def postgres_copy_program(job):
    sql = start_postgres(job)
    sql("create table squares as select n, n * n as square from generate_series(1, 1000) n")
    sql(f"copy squares to program 'sort -n > {job.directory}/copied'")
    job.expect((job.directory / "copied").read_text().splitlines() == COPIED, "the program was not given the table")
    sql(f"create table back (n int, square int); copy back from program 'cat {job.directory}/copied'")
    job.count()
    return sql("select count(*), sum(square) from back natural join squares")


@scenario("postgresql-15|postgresql-17", does="a query by two parallel workers, which share memory and files with their leader")
def postgres_parallel_query(job):
    sql = start_postgres(job)
    sql("create table numbers as select n, repeat('x', 100) as filler from generate_series(1, 100000) n;"
        "analyze numbers")
    settings = ("set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;"
                "set max_parallel_workers_per_gather = 2; set work_mem = '64kB';")
    # The hash join spills to files that all three processes open.
    query = "select count(*), sum(length(a.filler)) from numbers a join numbers b using (n)"
    plan = sql(f"{settings} explain (analyze, costs off, timing off, summary off) {query}")
    job.expect("Workers Launched: 2" in plan and "Parallel Hash" in plan, f"no parallel work: {plan}")
    job.count()
    return sql(f"{settings} {query}")


@scenario("redis-server", "redis-tools", does="BGSAVE: a forked child writes, and reports by a pipe", quick=True)
def redis_bgsave(job):
    port = job.port()
    words = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", job.directory]

    def client(*command):
        return job.run("redis-cli", "-p", port, *command, bare=True).stdout
    server = job.start(*words)
    job.wait_for_port(port)
    for number in range(10):
        client("set", f"key{number}", f"value{number}")
    # 10 keys take the child 0.2 s, long enough to be seen at work.
    client("config", "set", "rdb-key-save-delay", "20000")
    client("bgsave")
    job.wait_for(lambda: "rdb_bgsave_in_progress:1" in client("info", "persistence"), "the child")
    job.count()
    job.wait_for(lambda: "rdb_bgsave_in_progress:0" in client("info", "persistence"), "its end")
    info = client("info", "persistence")
    job.expect("rdb_last_bgsave_status:ok" in info and "rdb_last_cow_size:0" not in info, f"no report of it: {info}")
    os.kill(server.pid, 9)
    server.wait()
    job.start(*words)
    job.wait_for_port(port)
    job.wait_for(lambda: client("dbsize").strip() == "10", "the saved keys")
    return client("mget", "key0", "key9")
