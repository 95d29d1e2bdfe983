# SPDX-License-Identifier: Apache-2.0
"""Real work, by what it takes: each function does it once and returns a time, in a unit of its own."""
import re
import socket
import subprocess
import time

from measure import clean, run


class Server:
    """A daemon in the foreground, on a free port of the loopback interface."""

    def __init__(self, command, port, **added):
        self.process = subprocess.Popen(command, env=clean(**added), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"{command[0]} has ended with status {self.process.returncode}") from None
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def nginx_requests(folder, **added):
    port = free_port()
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n")
    (folder / "index.html").write_text("x" * 1000)
    folder.chmod(0o755)
    with Server(["nginx", "-c", folder / "nginx.conf"], port, **added):
        # A connection a request, so that each is an accept and an open.
        done = run(["wrk", "-t1", "-c8", "-d2", "-H", "Connection: close", f"http://127.0.0.1:{port}/"])
    return 1 / float(re.search(r"Requests/sec: +([\d.]+)", done.stdout)[1])


def redis_requests(folder, **added):
    port = free_port()
    with Server(["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)], port, **added):
        done = run(["redis-benchmark", "-p", str(port), "-t", "set", "-n", "50000", "-c", "20", "-k", "0", "-q", "--csv"])
    return 1 / float(re.search(r'"SET","([\d.]+)"', done.stdout)[1])


def seconds(command, **added):
    begin = time.perf_counter()
    run(command, **added)
    return time.perf_counter() - begin


def shell_loop(_, **added):
    return seconds(["sh", "-c", "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done"], **added)


def compilation(folder, **added):
    source = folder / "source.cpp"
    source.write_text("#include <string>\n#include <vector>\nint main() { return std::vector<std::string>{}.empty() ? 0 : 1; }\n")
    return seconds(["g++", "-O1", "-c", source, "-o", folder / "object.o"], **added)


WORK = {
    "nginx, a connection each (wrk)": nginx_requests,
    "redis, a connection each (redis-benchmark)": redis_requests,
    "a shell loop of 500 processes": shell_loop,
    "g++ -c of a small file": compilation,
}
