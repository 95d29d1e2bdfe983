# SPDX-License-Identifier: Apache-2.0
"""Agents and servers that run a user's checks, handlers and collectors all day: what those get, they keep for long."""
import contextlib
import os
import socket
import struct

from programs.strangers import LIST, judge
from scenario import scenario


def check(job, name="check"):
    """A program that says what it was given above 2, and that it is well."""
    return job.write(name, LIST + 'print("OK given", *(found or ["nothing"]))\n', mode=0o755)


def given(said):
    """What the check said it was given."""
    return [word for word in said.strip().split("given ")[1].split() if word != "nothing"]


@scenario("nagios-nrpe-server", "nagios-nrpe-plugin", "python3", seconds=60,
          does="runs a plugin for each request; counted: what it got")
def nrpe(job):
    port = job.port()
    config = job.write("nrpe.cfg", f"""
server_port={port}
server_address=127.0.0.1
allowed_hosts=127.0.0.1
nrpe_user=nagios
nrpe_group=nagios
command[check]={check(job)}
""")
    job.start("nrpe", "-n", "-f", "-c", config)
    job.wait_for_port(port)
    ask = ("/usr/lib/nagios/plugins/check_nrpe", "-n", "-H", "127.0.0.1", "-p", port, "-c", "check")
    judge(job, [each for _ in range(2) for each in given(job.run(*ask, bare=True).stdout)])


@scenario("tcpdump", "iproute2", "util-linux", "python3", seconds=60,
          does="-C 1 -z: captures, and starts a program for each full file; counted: what it got")
def tcpdump_command(job):
    job.write("full", LIST + f"""
import sys
print(os.path.basename(sys.argv[1]), "given", *(found or ["nothing"]), file=open("{job.directory}/said", "a"))
""", mode=0o755)
    job.write("send.py", """
import socket, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    sender.sendto(bytes(60000), ("127.0.0.1", 9))
    time.sleep(0.01)
""")
    job.start("unshare", "--net", "sh", "-ec", """
ip link set lo up
python3 send.py &
exec tcpdump -q -i lo -Z root -w part -C 1 -z ./full udp""")
    said = job.wait_for(lambda: (text := (job.directory / "said").read_text()).count("\n") >= 2 and text, "two full files")
    judge(job, [each for line in said.splitlines() for each in given(line)])


def low_port():
    """A free port that Zabbix takes for one: it takes none above 32767."""
    for port in range(20000 + os.getpid() % 10000, 32768):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("no free port")


@scenario("zabbix-agent", "python3", seconds=60, does="a UserParameter's command; counted: what it got")
def zabbix_agent(job):
    port = low_port()
    job.directory.chmod(0o777)
    config = job.write("agent.conf", f"""
PidFile={job.directory}/pid
LogType=console
Server=127.0.0.1
ListenPort={port}
ListenIP=127.0.0.1
AllowRoot=1
UserParameter=check,{check(job)}
""")
    job.start("zabbix_agentd", "-f", "-c", config)
    job.wait_for_port(port)
    arrived = []
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as agent:
            agent.sendall(b"ZBXD\x01" + struct.pack("<Q", 5) + b"check")
            arrived += given(agent.makefile("rb").read()[13:].decode())
    job.count()
    job.expect("LD_PRELOAD" not in job.environment or not arrived, f"arrived: {arrived}")


@scenario("munin-node", "util-linux", "python3", seconds=60,
          does="runs a plugin for each request; said: how many it got")
def munin_node(job):
    port = job.port()
    for name in ("plugins", "state"):
        (job.directory / name).mkdir()
    job.write("plugins/check", LIST + 'import sys\nprint("graph_title a" if "config" in sys.argv else f"a.value {len(found)}")\n',
              mode=0o755)
    config = job.write("munin-node.conf", f"""
log_level 4
log_file {job.directory}/node.log
pid_file {job.directory}/pid
background 0
setsid 0
user root
group root
host 127.0.0.1
port {port}
allow ^127\\.0\\.0\\.1$
""")
    job.start("unshare", "--mount", "sh", "-ec", f"mount --bind plugins /etc/munin/plugins; exec munin-node --config {config}",
              environment={"MUNIN_PLUGSTATE": str(job.directory / "state")})
    job.wait_for_port(port)

    def ask():
        with socket.create_connection(("127.0.0.1", port), timeout=20) as node:
            node.sendall(b"list\nfetch check\nquit\n")
            return node.makefile("r").read()
    said = job.wait_for(lambda: "a.value" in (text := ask()) and text, "an answer")
    job.count()
    return said


@scenario("collectd-core", "python3", seconds=60,
          does="Exec: a program that goes on says values, and another is told of a notification; counted: what they got")
def collectd_exec(job):
    job.directory.chmod(0o777)
    program = job.write("program", LIST + """
print(f'PUTVAL "host/exec/gauge-given" interval=1 N:{len(found)}', flush=True)
print('PUTNOTIF severity=okay time=1 message="a note"', flush=True)
import time
time.sleep(60)
""", mode=0o755)
    told = job.write("told", f"#!/bin/sh\ncat > {job.directory}/note.new && mv {job.directory}/note.new {job.directory}/note\n",
                     mode=0o755)
    config = job.write("collectd.conf", f"""
Hostname "host"
BaseDir "{job.directory}"
PIDFile "{job.directory}/pid"
Interval 1
LoadPlugin exec
LoadPlugin csv
<Plugin csv>
  DataDir "{job.directory}/values"
</Plugin>
<Plugin exec>
  Exec "nobody" "{program}"
  NotificationExec "nobody" "{told}"
</Plugin>
""")
    job.start("collectd", "-f", "-C", config)
    values = job.directory / "values/host/exec"
    file = job.wait_for(lambda: next(values.glob("gauge-given-*"), None), "the values")
    line = job.wait_for(lambda: (lines := file.read_text().split("\n"))[2:] and lines[1], "a value")
    job.count()
    job.expect(line.endswith(",0.000000"), line)
    note = job.wait_for((job.directory / "note").read_text, "the notification")
    job.expect("a note" in note, note)


@scenario("fail2ban", "python3", seconds=90,
          does="bans by a command who fails in a log, is reloaded, and bans another")
def fail2ban(job):
    for name in ("etc/filter.d", "etc/action.d", "etc/jail.d"):
        (job.directory / name).mkdir(parents=True)
    log = job.write("failures", "")
    job.write("etc/fail2ban.conf", f"""[Definition]
loglevel = INFO
logtarget = {job.directory}/fail2ban.log
syslogsocket = auto
socket = {job.directory}/socket
pidfile = {job.directory}/pid
dbfile = :memory:
dbpurgeage = 1d
""")
    job.write("etc/filter.d/failure.conf", "[Definition]\nfailregex = failure from <HOST>$\n")
    job.write("ban", LIST + f'import sys\nprint(sys.argv[1], *found, file=open("{job.directory}/banned", "a"))\n', mode=0o755)
    job.write("etc/action.d/note.conf", f"[Definition]\nactionban = {job.directory}/ban <ip>\n")
    job.write("etc/jail.conf", f"""[DEFAULT]
ignoreself = false
usedns = no
[one]
enabled = true
backend = polling
filter = failure
logpath = {log}
maxretry = 1
action = note
""")

    words = ("-c", job.directory / "etc", "-s", job.directory / "socket", "-p", job.directory / "pid")
    job.start("fail2ban-server", *words, "-f", "start")

    def client(*command, **options):
        return job.run("fail2ban-client", *words, *command, bare=True, **options).stdout
    job.wait_for(lambda: "pong" in client("ping", check=False), "the server")
    for number in (1, 2):
        job.wait_for(lambda: "1 jail" in client("status", check=False) or "Number of jail:\t1" in client("status", check=False),
                     "the jail")
        text = job.run("date", "+%Y-%m-%d %H:%M:%S", bare=True).stdout.strip() + f" failure from 192.0.2.{number}\n"
        with log.open("a") as more:
            more.write(text)
        job.wait_for(lambda number=number: f"192.0.2.{number}" in (job.directory / "banned").read_text(), "the ban")
        job.count()
        client("reload")
    return (job.directory / "banned").read_text()
