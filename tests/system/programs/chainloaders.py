# SPDX-License-Identifier: Apache-2.0
"""Programs that open something, then become the next one, which must find it open."""
import socket

from scenario import scenario

def is_free(job, lock, probe):
    return job.run(*probe, lock, "true", bare=True, check=False).returncode == 0


def holds(job, *words, probe=("flock", "-n")):
    """Whether a lock is held for as long as the program runs that `words` become."""
    lock = job.directory / "lock"
    process = job.start(*[str(lock) if word == "LOCK" else word for word in words], "sleep", "60")
    job.wait_for(lambda: open(f"/proc/{process.pid}/comm").read() == "sleep\n", "the next program")
    job.expect(not is_free(job, lock, probe), "the lock is free")
    return job.inheritable([process.pid])[0][3].rpartition("/")[2]


@scenario("runit", does="chpst -l holds a lock for the program that it becomes", quick=True)
def chpst_lock(job):
    return holds(job, "chpst", "-l", "LOCK")


@scenario("runit", does="chpst -L, the same without waiting", quick=True)
def chpst_lock_at_once(job):
    return holds(job, "chpst", "-L", "LOCK")


@scenario("daemontools", does="setlock holds a lock for the program that it becomes", quick=True)
def setlock(job):
    return holds(job, "setlock", "LOCK")


@scenario("s6", does="s6-setlock holds a lock for the program that it becomes", quick=True)
def s6_setlock(job):
    return holds(job, "s6-setlock", "LOCK", probe=("s6-setlock", "-n"))


@scenario("ucspi-tcp", does="tcpserver hands a connection on 0 and 1; tcpclient one on 6 and 7", quick=True)
def tcpserver(job):
    port = job.port()
    job.start("tcpserver", "127.0.0.1", str(port), "sh", "-c", "read line; echo got $line")
    job.wait_for_port(port)
    job.count()
    return job.run("tcpclient", "127.0.0.1", str(port), "sh", "-c", "echo asked >&7; cat <&6").stdout


@scenario("systemd", does="systemd-socket-activate hands listening sockets on from 3 on", quick=True)
def socket_activate(job):
    ports = [job.port(), job.port()]
    script = ('echo $LISTEN_FDS; exec python3 -c "import socket; '
              'print([socket.socket(fileno=n).getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) for n in (3, 4)])"')
    listen = [word for port in ports for word in ("-l", f"127.0.0.1:{port}")]
    job.start("systemd-socket-activate", *listen, "sh", "-c", script)
    # The program is started by the first connection.
    client = job.wait_for(lambda: socket.create_connection(("127.0.0.1", ports[0]), timeout=1), "the socket")
    job.wait_for(lambda: "\n2\n[1, 1]\n" in job.log.read_text(), "the program with both sockets")
    client.close()


@scenario("systemd", does="systemd-socket-activate --inetd hands a connection on as 0 and 1", quick=True)
def socket_activate_inetd(job):
    port = job.port()
    job.start("systemd-socket-activate", "--accept", "--inetd", "-l", f"127.0.0.1:{port}", "sh", "-c", "echo hello")
    client = job.wait_for(lambda: socket.create_connection(("127.0.0.1", port), timeout=5), "the socket")
    job.count()
    return client.makefile().read()


@scenario("runit", does="runsv supervises a service and its log service, joined by a pipe", quick=True)
def runsv(job):
    job.write("service/run", "#!/bin/sh\necho from the service\nexec sleep 60\n", mode=0o755)
    job.write("service/log/run", "#!/bin/sh\nexec cat >> ../logged\n", mode=0o755)
    job.start("runsv", "service")
    logged = job.directory / "service" / "logged"
    said = job.wait_for(logged.read_text, "the log")
    job.count()
    return said


@scenario("daemontools", does="supervise runs a service, and svc ends it", quick=True)
def supervise(job):
    job.write("service/run", "#!/bin/sh\necho started >> started\nexec sleep 60\n", mode=0o755)
    job.start("supervise", "service")
    job.wait_for((job.directory / "service" / "started").read_text, "the service")
    job.count()
    job.run("svc", "-dx", "service")
    return (job.directory / "service" / "started").read_text()


@scenario("s6", does="s6-supervise hears from a service on its notification descriptor", quick=True)
def s6_notification(job):
    job.write("service/run", "#!/bin/sh\necho >&3\nexec 3>&-\nexec sleep 60\n", mode=0o755)
    job.write("service/notification-fd", "3\n")
    job.start("s6-supervise", "service")
    job.wait_for(lambda: job.run("s6-svwait", "-U", "-t", "5000", "service", check=False).returncode == 0, "readiness")
    job.count()
    return job.run("s6-svstat", "-o", "ready", "service").stdout


@scenario("s6", does="s6-ftrig-listen1 hears from a child through s6-ftrigrd", quick=True)
def s6_ftrig(job):
    job.run("s6-mkfifodir", "fifodir")
    return job.run("s6-ftrig-listen1", "-t", "10000", "fifodir", "a", "s6-ftrig-notify", "fifodir", "a").stdout


@scenario("xinetd", does="starts a service for each connection", quick=True)
def xinetd(job):
    port = job.port()
    service = job.write("hello", "#!/bin/sh\necho hello\n", mode=0o755)
    config = job.write("xinetd.conf", f"""
service hello
{{
  type = UNLISTED
  id = hello
  port = {port}
  bind = 127.0.0.1
  socket_type = stream
  protocol = tcp
  wait = no
  user = root
  server = {service}
}}
""")
    job.start("xinetd", "-dontfork", "-f", config)
    job.wait_for_port(port)
    job.count()
    with socket.create_connection(("127.0.0.1", port)) as client:
        return client.makefile().readline()


@scenario("chiark-utils-bin", does="with-lock-ex holds a lock for the program that it becomes", quick=True)
def with_lock_ex(job):
    return holds(job, "with-lock-ex", "-w", "LOCK", probe=("with-lock-ex", "-f"))


@scenario("execline", quick=True,
          does="redirfd, fdmove, heredoc and piperw put files and pipes at numbers for what they become")
def execline(job):
    job.write("f", "of a file\n")
    tools = {"PATH": f"/usr/lib/execline/bin:{job.environment['PATH']}"}
    return "".join(job.run(*words, environment=tools).stdout for words in (
        ("redirfd", "-r", "5", "f", "sh", "-c", "cat <&5"),
        ("redirfd", "-w", "9", "out", "foreground", "sh", "-c", "echo by a child >&9", "", "cat", "out"),
        ("fdmove", "-c", "9", "1", "sh", "-c", "echo copied >&9"),
        ("heredoc", "7", "a document\n", "sh", "-c", "cat <&7"),
        ("piperw", "6", "7", "sh", "-c", "echo through a pipe >&7; exec 7>&-; cat <&6"),
        ("forx", "-o", "0", "each", "a", "b", "", "redirfd", "-w", "8", "out", "sh", "-c", "echo $each >&8; cat out")))


@scenario("ipsvd", "ucspi-tcp", does="tcpsvd starts recordio and a program for a connection", quick=True)
def tcpsvd(job):
    port = job.port()
    job.start("tcpsvd", "-v", "127.0.0.1", str(port), "recordio", "sh", "-c", "read line; echo got $line")
    job.wait_for_port(port)
    job.count()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"asked\n")
        return client.makefile().readline()


@scenario("netpipes", does="faucet and hose hand a connection on at the number that --fd says", quick=True)
def netpipes(job):
    port = job.port()
    job.start("faucet", str(port), "--fd", "5", "sh", "-c", 'read line <&5; echo "got $line" >&5')
    job.wait_for_port(port)
    job.count()
    return job.run("hose", "127.0.0.1", str(port), "--fd", "7", "sh", "-c", "echo asked >&7; cat <&7").stdout


@scenario("pipexec", does="a cycle of two programs, joined at 6 and 9", quick=True)
def pipexec(job):
    said = job.run("pipexec", "--", "[", "A", "/bin/sh", "-c", "echo ball >&9; cat <&6", "]",
                   "[", "B", "/bin/sh", "-c", "read line <&9; echo $line back >&6", "]", "{A:9>B:9}", "{B:6>A:6}").stdout
    job.expect(said == "ball back\n", said)
