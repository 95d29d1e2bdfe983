# SPDX-License-Identifier: Apache-2.0
"""Clusters: a daemon on each node, whose helpers report to it on numbers that they are told."""
from scenario import scenario


@scenario("ctdb", "util-linux", "iproute2", seconds=180,
          does="ctdbd of one node: its helpers of locks, recovery and takeover are told bare numbers; a key of a database")
def ctdb(job):
    for name in ("etc/events/legacy", "etc/events/notification", "run", "logs", "volatile", "persistent", "state"):
        (job.directory / name).mkdir(parents=True)
    job.write("etc/nodes", "127.0.0.1\n")
    job.write("etc/ctdb.conf", f"""
[logging]
  location = file:{job.directory}/logs/log.ctdb
  log level = NOTICE
[cluster]
  recovery lock = {job.directory}/run/reclock
[legacy]
  realtime scheduling = false
[database]
  volatile database directory = {job.directory}/volatile
  persistent database directory = {job.directory}/persistent
  state database directory = {job.directory}/state
""")
    job.write("etc/events/legacy/00.note.script", f"#!/bin/sh\necho $1 >> {job.directory}/logs/events\n", mode=0o755)
    job.start("unshare", "--mount", "--net", "sh", "-ec", f"""
ip link set lo up
mkdir -p /etc/ctdb /var/lib/ctdb
mount --bind {job.directory}/etc /etc/ctdb
mount -t tmpfs none /run
mkdir -p /run/ctdb
echo $$ > pid
exec ctdbd -i""")
    pid = int(job.wait_for((job.directory / "pid").read_text, "its process"))

    def ask(*words):
        return job.run("nsenter", "-t", pid, "-m", "-n", "ctdb", *words, bare=True, check=False).stdout
    job.wait_for(lambda: "OK (THIS NODE)" in ask("status"), "a healthy node", timeout=60)
    job.count()
    ask("attach", "test.tdb")
    ask("writekey", "test.tdb", "key", "value")
    said = ask("readkey", "test.tdb", "key")
    job.expect("value" in said, said)
    return said
