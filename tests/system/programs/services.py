# SPDX-License-Identifier: Apache-2.0
"""Programs that start other programs for a connection, on a schedule of their own, or as told on the bus."""
import itertools
import re
import socket
import ssl

from scenario import scenario

# Says what it was given, on whichever descriptors it is told, and that this was all.
ANSWER = "read -r line <&{0}; echo \"got $line\" >&{1}; test -t {0} && echo terminal >&{1}; echo end >&{1}; exit 0\n"


def ask(port, context=None):
    """Sends a line, and returns what comes back, until `end` or the end.

    socat with `pipes` keeps its child's ends open, too, and sleeps for ever when SIGCHLD comes just before poll().
    """
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        connection = context.wrap_socket(plain) if context else plain
        connection.sendall(b"question\n")
        with connection.makefile("rb") as answer:
            lines = (line.decode().replace("\r\n", "\n") for line in answer)
            return "".join(itertools.takewhile(lambda line: line != "end\n", lines))


def ask_stunnel(job, option):
    job.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem", bare=True)
    port = job.port()
    config = job.write("stunnel.conf", f"""
foreground = yes
pid =
cert = {job.directory}/certificate.pem
key = {job.directory}/key.pem
[answer]
accept = 127.0.0.1:{port}
exec = {job.write("answer", "#!/bin/sh" + chr(10) + ANSWER.format(0, 1), mode=0o755)}
{option}
""")
    job.start("stunnel4", config)
    job.wait_for_port(port)
    context = ssl.create_default_context(cafile=job.directory / "certificate.pem")
    context.check_hostname = False
    # Twice: the second time its threads and sockets of the first are there to be passed on.
    said = ask(port, context) + ask(port, context)
    job.count()
    return said


@scenario("stunnel4", "openssl", does="a program behind TLS, started for each connection", quick=True)
def stunnel_exec(job):
    said = ask_stunnel(job, "")
    job.expect(said == "got question\n" * 2, f"said {said!r}")
    return said


@scenario("stunnel4", "openssl", does="the same on a pseudo-terminal", quick=True)
def stunnel_exec_pty(job):
    said = ask_stunnel(job, "pty = yes")
    job.expect(said.count("got question\n") == said.count("terminal\n") == 2, f"said {said!r}")
    return said


def ask_socat(job, *address):
    """The program is started for each connection by a forked child."""
    port = job.port()
    job.start("socat", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr", *address)
    job.wait_for_port(port)
    said = ask(port) + ask(port)
    job.count()
    job.expect(said.count("got question\n") == 2, f"said {said!r}")
    return said


def answer(job, reads, writes):
    return job.write("answer", "#!/bin/sh\n" + ANSWER.format(reads, writes), mode=0o755)


@scenario("socat", does="EXEC: a program for each connection, by socketpair", quick=True)
def socat_exec(job):
    return ask_socat(job, f"EXEC:{answer(job, 0, 1)}")


@scenario("socat", does="EXEC by two pipes", quick=True)
def socat_exec_pipes(job):
    return ask_socat(job, f"EXEC:{answer(job, 0, 1)},pipes")


@scenario("socat", does="EXEC on a pseudo-terminal", quick=True)
def socat_exec_pty(job):
    said = ask_socat(job, f"EXEC:{answer(job, 0, 1)},pty,setsid,ctty,raw,echo=0")
    job.expect(said.count("terminal\n") == 2, f"said {said!r}")
    return said


@scenario("socat", does="EXEC with fdin=3 and fdout=4", quick=True)
def socat_exec_numbers(job):
    return ask_socat(job, f"EXEC:{answer(job, 3, 4)},fdin=3,fdout=4")


@scenario("socat", does="SYSTEM with fdin=4 and fdout=3, which a shell hands on", quick=True)
def socat_system(job):
    return ask_socat(job, f"SYSTEM:{answer(job, 4, 3)} && true,fdin=4,fdout=3,pipes")


@scenario("socat", does="EXEC by two pipes, one of which may have the number of fdin= already", quick=True)
def socat_numbered_pipes(job):
    """There socat makes no dup2. Which numbers its pipes get depends on what else it has open."""
    said = ""
    for number in range(3, 10):
        address = f"EXEC:{answer(job, number, 1)},pipes,fdin={number}"
        # Some numbers fail bare, too: socat closes what it has just moved.
        said += f"{number}: " + job.run("socat", "-t1", "-", address, input="question\n", check=False).stdout + "\n"
    job.expect("got question" in said, said)
    return said


# A worker that is given its listening socket as standard input.
SERVE = """
import os, socket
listener = socket.socket(fileno=0)
while True:
    client = listener.accept()[0]
    client.recv(100)
    client.sendall(b"served by %s\\n" % os.environ["SUPERVISOR_PROCESS_NAME"].encode())
    client.close()
"""
# supervisord's protocol: a header that ends in the length of the event, and an answer to each.
LISTEN = """
while echo READY; do
  read -r head; echo "$head" >> events; head -c "${head##*len:}" >> events
  printf 'RESULT 2\\nOK'
done
"""


@scenario("supervisor", does="captures output, restarts, gives a socket to two programs, feeds a listener",
          quick=True)
def supervisord(job):
    port = job.port()
    job.write("serve.py", SERVE)
    job.write("listen.sh", LISTEN)
    config = job.write("supervisord.conf", f"""
[supervisord]
nodaemon = true
logfile = {job.directory}/supervisord.log
pidfile = {job.directory}/pid
[unix_http_server]
file = {job.directory}/control
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://{job.directory}/control
[program:speaker]
command = sh -c "echo to stdout; echo to stderr >&2; exec sleep 60"
stdout_logfile = {job.directory}/stdout
stderr_logfile = {job.directory}/stderr
startsecs = 0
[fcgi-program:server]
command = /usr/bin/python3 {job.directory}/serve.py
socket = tcp://127.0.0.1:{port}
numprocs = 2
process_name = worker%(process_num)d
startsecs = 0
[eventlistener:listener]
command = sh listen.sh
events = PROCESS_STATE_RUNNING
startsecs = 0
directory = {job.directory}
""")
    job.start("/usr/bin/supervisord", "-c", config)

    def control(*words):
        return job.run("/usr/bin/supervisorctl", "-c", config, *words, check=False).stdout
    job.wait_for(lambda: control("status").count("RUNNING") == 4, "its programs")
    control("restart", "speaker")
    job.wait_for(lambda: (job.directory / "stdout").read_text().count("to stdout\n") == 2, "the second start's output")
    job.wait_for(lambda: (job.directory / "events").read_text().count("processname:speaker") == 2, "the events")
    job.count()
    job.expect("served by worker" in ask(port), "no worker has the socket")
    for name in ("worker0", "worker1"):
        other = "worker1" if name == "worker0" else "worker0"
        control("stop", f"server:{other}")
        job.expect(ask(port) == f"served by {name}\n", f"{name} has no socket")
        control("start", f"server:{other}")
    return (job.directory / "stderr").read_text()


BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={directory}/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{directory}/services</servicedir>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""
LIST_NAMES = ("--print-reply=literal", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames")


def bus_config(job):
    """A bus that can start one service, which leaves a file and fails."""
    script = f"#!/bin/sh\necho started with $DBUS_STARTER_BUS_TYPE > {job.directory}/started\nexit 5\n"
    program = job.write("activated", script, mode=0o755)
    job.write("services/example.service", f"[D-BUS Service]\nName=org.example.Service\nExec={program}\n")
    return job.write("bus.conf", BUS.format(directory=job.directory))


@scenario("dbus-daemon", "dbus-bin", does="--print-address=5 --print-pid=6 of a shell; starts a service on demand",
          quick=True)
def dbus_daemon(job):
    words = f"dbus-daemon --config-file={bus_config(job)} --nofork --print-address=5 --print-pid=6"
    daemon = job.start("sh", "-c", f"exec {words} 5>address 6>pid")
    job.wait_for(lambda: (job.directory / "pid").read_text() == f"{daemon.pid}\n", "its process id")
    address = (job.directory / "address").read_text().strip()
    names = job.run("dbus-send", f"--bus={address}", *LIST_NAMES).stdout.split()
    failure = job.run("dbus-send", f"--bus={address}", "--print-reply", "--dest=org.example.Service", "/",
                      "org.example.Service.Any", check=False).stderr
    job.expect("exited with status 5" in failure, f"the bus does not know how its service ended: {failure}")
    job.count()
    return re.sub(r"guid=\w+|/\S+/bus", "...", address) + (job.directory / "started").read_text() + " ".join(names)


@scenario("dbus-daemon", "dbus-bin", does="dbus-run-session reads --print-address=N of its bus", quick=True)
def dbus_run_session(job):
    words = ["dbus-run-session", f"--config-file={bus_config(job)}", "--"]
    return job.run(*words, "dbus-send", "--session", *LIST_NAMES).stdout
