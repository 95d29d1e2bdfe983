#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers under load that are sealed and unsealed again and again: no request fails, nothing is inheritable in the end, and what
they start gets nothing. SEAL_SERVERS=all takes the slow ones, too; SEAL_ROUNDS says how often."""
import contextlib
import glob
import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import unittest

from support import CLOEXEC, PATIENCE, SealTest, inheritable

ROUNDS = int(os.environ.get("SEAL_ROUNDS", "10"))
ALL = os.environ.get("SEAL_SERVERS", "") == "all"

NGINX = """
daemon off; error_log stderr; pid nginx.pid; worker_processes 2; user root;
events {{ worker_connections 512; }}
http {{ access_log access.log; server {{ listen 127.0.0.1:{port}; root .; }} }}
"""
JAVA = """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
public class Server {
  public static void main(String[] words) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(words[0])), 0);
    server.createContext("/", exchange -> {
      byte[] text = "well".getBytes();
      if (exchange.getRequestURI().getPath().equals("/child"))
        text = new ProcessBuilder("ls", "/proc/self/fd").start().getInputStream().readAllBytes();
      exchange.sendResponseHeaders(200, text.length);
      exchange.getResponseBody().write(text);
      exchange.close();
    });
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.start();
  }
}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Load:
    """Threads that ask one thing after the other, each on a connection of its own that stays open."""

    def __init__(self, ask, connect, threads=4):
        self.answers, self.errors, self.goes_on = 0, [], True
        self.threads = [threading.Thread(target=self.work, args=(ask, connect)) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def work(self, ask, connect):
        try:
            with contextlib.closing(connect()) as connection:
                while self.goes_on:
                    ask(connection)
                    self.answers += 1
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(repr(error))

    def end(self):
        self.goes_on = False
        for thread in self.threads:
            thread.join(PATIENCE)


def ask_http(connection):
    connection.request("GET", "/index.html")
    answer = connection.getresponse()
    if answer.status != 200 or answer.read() != b"well":
        raise ValueError(answer.status)


def ask_redis(connection):
    connection.sendall(b"INCR n\r\n")
    if not connection.recv(100).startswith(b":"):
        raise ValueError("no number")


class Servers(SealTest):
    def serve(self, *command, port, **options):
        """Starts it, with something inheritable besides what it makes: that is left by whoever starts it."""
        file = os.open("/etc/passwd", os.O_RDONLY)
        self.addCleanup(os.close, file)
        server = self.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[file], **options)
        self.addCleanup(self.stop, server)
        self.wait_for(lambda: accepts(port), "a server")
        return server

    @staticmethod
    def stop(server):
        """So that it ends its own processes first."""
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)

    def seal_under(self, load, pid):
        """Again and again; the last time for good."""
        sealed = 0
        for _ in range(ROUNDS):
            done = self.run_seal(pid)
            for one, numbers in done.items():
                sealed += len(numbers)
                if numbers:
                    result = self.run_command(CLOEXEC, "seal", "--unseal", "--fd", ",".join(map(str, numbers[:30])), one)
                    self.assertIn(result.returncode, (0, 125), result.stderr)
        load.end()
        self.assertEqual(load.errors, [])
        self.assertGreater(load.answers, 0)
        done = self.run_seal(pid)
        self.assertEqual({one: inheritable(one) for one in done}, {one: [] for one in done})
        self.assertGreater(sealed, 0)
        return done

    def run_seal(self, pid):
        """What was sealed, by process. A server may make more meanwhile: then the status says so."""
        done = self.seal("--children", pid, status=(0, 3))
        return {one: [fd for fd, state in fds.items() if state == "sealed"] for one, fds in done.items()}

    def test_redis(self):
        port = free_port()
        server = self.serve("redis-server", "--port", port, "--save", "", "--bind", "127.0.0.1", port=port)
        load = Load(ask_redis, lambda: socket.create_connection(("127.0.0.1", port), PATIENCE))
        self.seal_under(load, server.pid)

    def test_nginx(self):
        port = free_port()
        (self.folder / "index.html").write_text("well")
        (self.folder / "nginx.conf").write_text(NGINX.format(port=port))
        server = self.serve("nginx", "-p", self.folder, "-c", "nginx.conf", "-e", "stderr", port=port)
        load = Load(ask_http, lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE))
        done = self.seal_under(load, server.pid)
        self.assertEqual(len(done), 3)
        # It opens its files anew, ends its old workers, and makes new ones.
        server.send_signal(1)
        self.assertTrue(self.wait_for(lambda: accepts(port), "nginx"))

    def need_all(self, *programs):
        """The slow ones need packages, too, that scripts/install-packages does not install for tests."""
        if not ALL:
            self.skipTest("takes long: SEAL_SERVERS=all")
        for program in programs:
            if not glob.glob(program) and shutil.which(program) is None:
                self.skipTest(f"{program} is not installed")

    def test_postgres(self):
        self.need_all("/usr/lib/postgresql/*/bin")
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.folder.chmod(0o777)
        port = free_port()
        user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        result = self.run_command(*user, f"{binaries}/initdb", "-D", "data", "--auth", "trust", "--no-sync")
        self.assertEqual(result.returncode, 0, result.stderr)
        server = self.serve(*user, f"{binaries}/postgres", "-D", "data", "-p", port, "-k", self.folder, "-h", "127.0.0.1",
                            port=port)
        ask = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        bench = [f"{binaries}/pgbench", *ask]
        self.wait_for(lambda: self.run_command(*bench, "-i", "-q", "postgres").returncode == 0, "its tables")
        load = Load(lambda _: self.ask_pgbench(bench), lambda: contextlib.ExitStack(), threads=2)
        self.seal_under(load, server.pid)
        # A session that is there already. In the first command it opens what it needs.
        session = self.start(f"{binaries}/psql", *ask, "-tA", "postgres", stdin=subprocess.PIPE)
        bare, sealed = self.folder / "bare", self.folder / "sealed"
        self.say(session, f"copy (select 1) to program 'cat >/dev/null; ls /proc/self/fd > {bare}'")
        self.run_seal(server.pid)
        self.say(session, f"copy (select 1) to program 'cat >/dev/null; ls /proc/self/fd > {sealed}'")
        self.assertGreater(len(bare.read_text().split()), 5)
        self.assertEqual(sealed.read_text().split(), ["0", "1", "2", "3"])

    @staticmethod
    def say(session, command):
        session.stdin.write(f"{command};\nselect 'done';\n")
        session.stdin.flush()
        while session.stdout.readline() not in ("done\n", ""):
            pass

    def ask_pgbench(self, bench):
        result = self.run_command(*bench, "-c", 4, "-t", 200, "-n", "postgres")
        if result.returncode != 0 or "800/800" not in result.stdout:
            raise ValueError(result.stdout + result.stderr)

    def test_sshd(self):
        self.need_all("/usr/sbin/sshd", "ssh")
        port = free_port()
        for name in ("host", "user"):
            self.run_command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", name)
        shutil.copy(self.folder / "user.pub", self.folder / "authorized")
        pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        options = [f"HostKey={self.folder}/host", f"AuthorizedKeysFile={self.folder}/authorized", "StrictModes=no", "UsePAM=no",
                   "PidFile=none", f"Port={port}", "ListenAddress=127.0.0.1", "PermitRootLogin=yes", "MaxStartups=100"]
        server = self.serve("/usr/sbin/sshd", "-D", "-f", "/dev/null", *(word for one in options for word in ("-o", one)),
                            port=port)
        ssh = ["ssh", "-i", "user", "-p", port, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
               "-o", "LogLevel=ERROR", "root@127.0.0.1"]

        def ask(_):
            result = self.run_command(*ssh, "echo well; ls /proc/self/fd")
            if result.returncode != 0 or result.stdout.split() != ["well", "0", "1", "2", "3"]:
                raise ValueError(result)
        self.seal_under(Load(ask, lambda: contextlib.ExitStack(), threads=2), server.pid)

    def test_java(self):
        self.need_all("java", "javac")
        port = free_port()
        (self.folder / "Server.java").write_text(JAVA)
        result = self.run_command("javac", "Server.java")
        self.assertEqual(result.returncode, 0, result.stderr)
        server = self.serve("java", "-cp", self.folder, "Server", port, port=port)
        load = Load(ask_http, lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE))
        self.seal_under(load, server.pid)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/child")
        self.assertEqual(connection.getresponse().read().split(), [b"0", b"1", b"2", b"3"])
        connection.close()


if __name__ == "__main__":
    unittest.main()
