# SPDX-License-Identifier: Apache-2.0
"""Daemons that went into the background and then replace themselves: their connections must outlive it."""
import pathlib
import socket
import textwrap

from scenario import scenario


class Client:
    """A connection of IRC, from either side."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(20)
        self.lines = self.socket.makefile("r", newline="\r\n", errors="replace")

    def say(self, *lines):
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self, word):
        """The first line to come that has the word in it."""
        said = []
        for line in self.lines:
            said.append(line)
            if word in line:
                return line.strip()
        raise ConnectionError(f"ended before {word}: {said}")


def connect(port, nick):
    client = Client(socket.create_connection(("127.0.0.1", port), timeout=20))
    client.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    client.hear(" 376 ")
    return client


@scenario("bitlbee", does="ForkDaemon: RESTART replaces the master, which keeps its clients' processes", quick=True,
          seconds=60)
def bitlbee_restart(job):
    port = job.port()
    job.directory.chmod(0o777)
    config = job.write("bitlbee.conf", textwrap.dedent(f"""
        [settings]
        RunMode = ForkDaemon
        DaemonInterface = 127.0.0.1
        DaemonPort = {port}
        OperPassword = secret
        ConfigDir = {job.directory}
        PidFile = {job.directory}/pid
        """))
    # By its full path: it becomes what argv[0] says, in another directory.
    job.run("/usr/sbin/bitlbee", "-F", "-c", config, "-d", job.directory, "-P", job.directory / "pid", "-p", port)
    job.wait_for_port(port)
    operator, other = connect(port, "operator"), connect(port, "other")
    operator.say("OPER operator secret")
    operator.hear(" 381 ")
    other.say("MODE other +w", "PING first")
    other.hear("PONG")
    operator.say("WALLOPS :before")
    other.hear("before")
    operator.say("RESTART")
    operator.hear("New BitlBee master process started")
    # From one client's process through the new master to the other's: by the sockets that the old one had to each.
    operator.say("WALLOPS :afterwards")
    other.hear("afterwards")
    job.count()
    connect(port, "newcomer")


@scenario("weechat-headless", "weechat-core", does="/upgrade in the background: executes itself, and keeps its connection",
          quick=True, seconds=60)
def weechat_upgrade(job):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        commands = f"/server add here 127.0.0.1/{port} -notls;/set irc.server.here.autoreconnect off;/connect here;" \
                   "/wait 2 /upgrade"
        job.run("weechat-headless", "--daemon", "-d", job.directory / "home", "-P", "irc", "-r", commands)
        server = Client(listener.accept()[0])
    server.hear("USER ")
    server.say(":here 001 nick :hello", ":here 376 nick :end", "PING :before")
    server.hear("PONG :before")
    # It may have children for a moment.
    job.wait_for(lambda: any(b"--upgrade" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in job.processes()), "the upgrade")
    server.say("PING :afterwards")
    server.hear("PONG :afterwards")
    job.count()
