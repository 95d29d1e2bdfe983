# SPDX-License-Identifier: Apache-2.0
"""Databases, and what they start."""
import contextlib
import socket

from check import check, read, sh, wait_for

POSTGRES = "su postgres -c \"psql -XAtq\""


@check
def redis():
    return sh("redis-cli set key value; redis-cli get key; redis-cli info replication | grep ^role | tr -d '\\r'")


@check
def redis_saves():
    before = sh("redis-cli lastsave")
    wait_for(lambda: sh("redis-cli lastsave") != before or not sh("redis-cli bgsave"), "the snapshot")
    # The last that was asked for may be under way.
    wait_for(lambda: "rdb_bgsave_in_progress:0" in sh("redis-cli info persistence"), "its end")
    return sh("redis-cli info persistence | grep -E 'bgsave_status|rdb_bgsave_in' | tr -d '\\r'")


@check
def redis_rewrites_its_log():
    sh("redis-cli config set appendonly yes")
    wait_for(lambda: "aof_rewrite_in_progress:0" in sh("redis-cli info persistence"), "the rewrite")
    sh("redis-cli bgrewriteaof")
    wait_for(lambda: "aof_rewrite_in_progress:0" in sh("redis-cli info persistence"), "the rewrite")
    return sh("redis-cli info persistence | grep aof_last_bgrewrite_status | tr -d '\\r'; redis-cli config set appendonly no")


@check
def redis_restarts():
    return sh("systemctl restart redis-server; until redis-cli get key 2>/dev/null; do sleep 0.1; done; "
              "systemctl is-active redis-server")


@check
def postgres():
    return sh(POSTGRES, "create table t (i int); insert into t select generate_series(1, 1000); select sum(i) from t; "
                        "show port;\n")


@check
def postgres_runs_programs():
    return sh(POSTGRES, "copy t to program 'sort -n | tail -n 1 >/tmp/largest'; create table w (w text); "
              "copy w from program 'id -un; cat /tmp/largest'; select * from w;\n")


@check
def postgres_works_in_parallel():
    said = sh(POSTGRES, "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; "
              "explain (analyze, costs off, timing off, summary off) select count(*) from t; select count(*) from t;\n")
    return "\n".join(line.strip() for line in said.splitlines() if "Workers" in line or line.isdigit())


@check
def postgres_reloads_and_restarts():
    return sh(f"systemctl reload postgresql; {POSTGRES} <<<'select count(*) from t'; systemctl restart postgresql; "
              f"{POSTGRES} <<<'select count(*) from t'; systemctl is-active 'postgresql@*'; pg_lsclusters -h | cut -d' ' -f2,3,4")


@check
def postgres_is_dumped_and_restored():
    return sh("su postgres -c 'pg_dump -t t postgres >/tmp/dump; createdb copy; psql -Xq -f /tmp/dump copy >/dev/null; "
              "psql -XAtq -c \"select count(*) from t\" copy'")


@check
def mariadb():
    return sh("mariadb -N", "create database d; create table d.t (i int); insert into d.t values (1), (2); "
              "select sum(i) from d.t;\n")


@check
def mariadb_restarts():
    return sh("systemctl restart mariadb; mariadb -N -e 'select sum(i) from d.t; flush logs'; mariadb-dump d | grep -c INSERT")


@check
def memcached():
    with contextlib.closing(socket.create_connection(("127.0.0.1", 11211), 30)) as server:
        server.sendall(b"set key 0 0 5\r\nvalue\r\nget key\r\nquit\r\n")
        return server.makefile().read()
