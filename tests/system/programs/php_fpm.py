# SPDX-License-Identifier: Apache-2.0
"""PHP's process manager: on USR2 its master executes itself anew, and must find the listening socket that it had."""
import os
import pathlib
import signal

from job import Failure
from programs.http import Traffic, children, listening_inodes
from scenario import scenario

PACKAGE = "php8.2-fpm|php8.4-fpm"


class FastCgiTraffic(Traffic):
    """Requests through cgi-fcgi, one after the other."""

    def __init__(self, job, port):
        self.job = job
        super().__init__(port)

    def ask(self):
        while not self.ends.is_set():
            try:
                if "served by PHP" not in request(self.job, self.port):
                    raise Failure("an answer without contents")
                self.served += 1
            except Failure as trouble:
                self.failed.append(str(trouble))
                return


def request(job, port):
    variables = {"REQUEST_METHOD": "GET", "QUERY_STRING": "", "SCRIPT_FILENAME": str(job.directory / "page.php")}
    return job.run("cgi-fcgi", "-bind", "-connect", f"127.0.0.1:{port}", environment=variables, bare=True).stdout


def workers(job):
    """Both workers of the present master; in the background it gets a new process id with each reload."""
    master = (job.directory / "pid").read_text()
    found = children(int(master)) if master else []
    return set(found) if len(found) == 2 else None


def listener(job, inodes):
    return inodes & set(listening_inodes(int((job.directory / "pid").read_text())).values())


def reloaded_php_fpm(job, *options):
    port = job.port()
    job.write("page.php", "<?php echo 'served by PHP';\n")
    config = job.write("fpm.conf", f"""
[global]
pid = {job.directory}/pid
error_log = {job.directory}/error
process_control_timeout = 10
[www]
listen = 127.0.0.1:{port}
user = www-data
pm = static
pm.max_children = 2
""")
    words = [next(pathlib.Path("/usr/sbin").glob("php-fpm?.?")), "-n", "-y", config, *options]
    job.start(*words) if "--nodaemonize" in options else job.run(*words)
    job.wait_for_port(port)
    now = job.wait_for(lambda: workers(job), "workers")
    sockets = set(listening_inodes(int((job.directory / "pid").read_text())).values())
    traffic = FastCgiTraffic(job, port)
    for _ in range(3):
        old = now
        os.kill(int((job.directory / "pid").read_text()), signal.SIGUSR2)
        now = job.wait_for(lambda old=old: (new := workers(job)) and not new & old and new, "new workers")
        job.expect(listener(job, sockets), "it made a socket of its own")
    job.expect("using inherited socket" in (job.directory / "error").read_text(), "it does not know of its socket")
    traffic.end(job)
    job.count([int((job.directory / "pid").read_text()), *now])
    return request(job, port)


@scenario(PACKAGE, "libfcgi-bin", does="USR2, three times under traffic: it executes itself, and keeps the socket",
          quick=True)
def php_fpm_reload(job):
    return reloaded_php_fpm(job, "--nodaemonize")


@scenario(PACKAGE, "libfcgi-bin", does="the same in the background", quick=True)
def php_fpm_reload_daemonized(job):
    return reloaded_php_fpm(job, "--daemonize")
