#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs nginx, redis and stunnel on loopback, bare and under the shim, and counts what their children would inherit.

Usage: services.py SHIM REQUESTS

For each service prints one line, tab-separated: name, processes, then for bare and for the shim the requests answered
and the inheritable descriptors above 2 of all its processes, then what those were. Each service runs in the foreground,
on a free port, in a temporary directory, and is ended by its process id.
"""
import collections
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import inheritable

START_SECONDS = 20
HELD_CONNECTIONS = 4


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def http_get(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while not answer.endswith(b"served\n"):
        part = connection.recv(4096)
        if not part:
            return False
        answer += part
    return answer.startswith(b"HTTP/1.1 200 ")


class Nginx:
    """A master and two workers, with logs, a listening socket and connections kept alive."""
    name = "nginx"

    def __init__(self, folder):
        self.port = free_port()
        (folder / "index.html").write_text("served\n")
        # As root, workers would become another user, whose descriptors a container's root may not read.
        user = "user root;" if os.geteuid() == 0 else ""
        temp = "".join(f"{kind}_temp_path {folder}/{kind};"
                       for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{ worker_connections 64; }}"
            f"http {{ access_log {folder}/access.log; {temp}"
            f"server {{ listen 127.0.0.1:{self.port}; root {folder}; }} }}")
        self.command = ["/usr/sbin/nginx", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]

    def connect(self):
        return connect(self.port)

    request = staticmethod(http_get)


class Redis:
    """Writes an append-only file."""
    name = "redis"

    def __init__(self, folder):
        self.port = free_port()
        self.command = ["/usr/bin/redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder),
                        "--appendonly", "yes", "--save", ""]

    def connect(self):
        return connect(self.port)

    @staticmethod
    def request(connection):
        connection.sendall(b"*2\r\n$4\r\nINCR\r\n$5\r\ncount\r\n")
        return connection.recv(64).startswith(b":")


class Stunnel:
    """A terminal for each client, over TLS: what a client's program gets of the other clients' terminals is the leak."""
    name = "stunnel"

    def __init__(self, folder):
        self.port = free_port()
        subprocess.run(["/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                       check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (folder / "stunnel.conf").write_text(
            f"foreground = yes\npid = {folder}/pid\noutput = {folder}/log\n"
            f"[terminal]\naccept = 127.0.0.1:{self.port}\nexec = /bin/cat\npty = yes\n"
            f"cert = {folder}/cert.pem\nkey = {folder}/key.pem\n")
        self.command = ["/usr/bin/stunnel4", str(folder / "stunnel.conf")]
        self.trust = folder / "cert.pem"

    def connect(self):
        return ssl.create_default_context(cafile=self.trust).wrap_socket(connect(self.port), server_hostname="localhost")

    @staticmethod
    def request(connection):
        connection.sendall(b"served\n")
        answer = b""
        # One line is the terminal's echo, the other is cat's.
        while answer.count(b"\n") < 2:
            part = connection.recv(64)
            if not part:
                return False
            answer += part
        return answer.split() == [b"served"] * 2


class Service:
    """A running daemon; it inherits nothing but 0 to 2, and only it gets the shim."""

    def __init__(self, kind, folder, shim):
        self.kind = kind(folder)
        self.log = folder / "output"
        environment = {name: value for name, value in os.environ.items()
                       if name != "LD_PRELOAD" and not name.startswith("CLOEXEC_")}
        if shim:
            environment["LD_PRELOAD"] = shim
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(self.kind.command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, close_fds=True)
        try:
            self.wait_until_it_answers()
        except BaseException:
            self.end()
            raise

    def wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with self.kind.connect() as connection:
                    if self.kind.request(connection):
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"{self.kind.name} did not start:\n{self.log.read_text()}")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


Result = collections.namedtuple("Result", "processes answered inheritable what")


def watch(kind, shim, requests):
    """Looks at the descriptors between requests, with connections open, and keeps the worst that it saw."""
    with tempfile.TemporaryDirectory(prefix="cloexec-demo-") as name:
        service = Service(kind, pathlib.Path(name), shim)
        try:
            if shim and not inheritable.maps_file(service.process.pid, shim):
                raise SystemExit(f"{kind.name} does not have the shim loaded")
            answered, worst, processes = 0, [], []
            connections = [service.kind.connect() for _ in range(HELD_CONNECTIONS)]
            for number in range(requests):
                answered += service.kind.request(connections[number % HELD_CONNECTIONS])
                if number % 10 == 9:
                    processes = inheritable.family_of(service.process.pid)
                    found = [target for pid in processes for target in inheritable.targets_of(pid)]
                    worst = max(worst, found, key=len)
            for connection in connections:
                connection.close()
            return Result(len(processes), answered, len(worst), worst)
        finally:
            service.end()


def main():
    if "--help" in sys.argv or len(sys.argv) != 3:
        sys.exit(__doc__)
    shim, requests = os.path.realpath(sys.argv[1]), int(sys.argv[2])
    for kind in (Nginx, Redis, Stunnel):
        bare, shimmed = watch(kind, None, requests), watch(kind, shim, requests)
        kinds = collections.Counter(inheritable.describe(target) for target in bare.what)
        what = ", ".join(f"{count} {target}" for target, count in kinds.most_common())
        print(kind.name, bare.processes, bare.answered, bare.inheritable, shimmed.answered, shimmed.inheritable, what,
              sep="\t", flush=True)


main()
