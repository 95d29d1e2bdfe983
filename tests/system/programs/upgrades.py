# SPDX-License-Identifier: Apache-2.0
"""Servers that replace themselves and keep their sockets: by a variable, by an exec, or over a socket."""
import os
import pathlib
import signal

from programs.http import Traffic, children, get, listening_inodes, signal_until
from scenario import scenario


@scenario("nghttp2-proxy", "python3", seconds=90,
          does="USR2 starts a new nghttpx on the same socket, QUIT ends the old one")
def nghttpx_upgrade(job):
    port, behind = job.port(), job.port()
    job.write("page", "served\n")
    job.start("python3", "-m", "http.server", "--bind", "127.0.0.1", behind, bare=True)
    job.wait_for_port(behind)
    pid = job.directory / "pid"
    job.start("/usr/sbin/nghttpx", "--conf=/dev/null", f"--frontend=127.0.0.1,{port};no-tls", f"--backend=127.0.0.1,{behind}",
              f"--pid-file={pid}", "--errorlog-file=/dev/stderr", "--workers=1")
    job.wait_for_port(port)
    old = int(job.wait_for(pid.read_text, "the pid"))
    before, traffic = set(listening_inodes(old).values()), Traffic(port)
    new = signal_until(job, old, signal.SIGUSR2, lambda: (now := int(pid.read_text())) != old and now, "new master")
    job.wait_for(lambda: before & set(listening_inodes(new).values()), "the socket in the new master")
    traffic.end(job)
    os.kill(old, signal.SIGQUIT)
    job.wait_for(lambda: not pathlib.Path(f"/proc/{old}/exe").exists(), "the old one's end")
    job.count([new])
    return get(port, "/page")


@scenario("libmojolicious-perl", seconds=90,
          does="hypnotoad, called again, replaces itself: the socket by MOJO_REUSE")
def hypnotoad_upgrade(job):
    port = job.port()
    app = job.write("app.pl", f"""#!/usr/bin/perl
use Mojolicious::Lite -signatures;
app->config(hypnotoad => {{listen => ['http://127.0.0.1:{port}'], workers => 2, pid_file => '{job.directory}/pid'}});
get '/' => sub ($c) {{ $c->render(text => 'served') }};
app->start;
""", mode=0o755)
    job.start("hypnotoad", "-f", app)
    job.wait_for_port(port)
    pid_file = job.directory / "pid"
    old = int(job.wait_for(pid_file.read_text, "the pid"))
    before = set(listening_inodes(old).values())
    # No traffic: what the old one has accepted but not read when it ends is reset, bare as well.
    new = signal_until(job, old, signal.SIGUSR2, lambda: (now := int(pid_file.read_text())) != old and now, "new master")
    job.wait_for(lambda: before & set(listening_inodes(new).values()), "the socket in the new master")
    job.count([new])
    return job.wait_for(lambda: get(port), "an answer")


@scenario("libnet-server-perl", seconds=60,
          does="HUP: Net::Server executes itself, and keeps the socket, which BOUND_SOCKETS tells")
def net_server_restart(job):
    port = job.port()
    program = job.write("server.pl", f"""#!/usr/bin/perl
package Answer;
use strict; use warnings;
use base 'Net::Server::Fork';
sub process_request {{ while (<STDIN>) {{ last if /^\r?$/ }} print "HTTP/1.0 200 OK\\r\\n\\r\\nserved\\n"; }}
__PACKAGE__->run(host => '127.0.0.1', port => {port}, ipv => 4, pid_file => '{job.directory}/pid');
""", mode=0o755)
    server = job.start(program)
    job.wait_for_port(port)
    image = pathlib.Path(f"/proc/{server.pid}/auxv")  # has addresses that each exec chooses anew
    before, sockets = image.read_bytes(), set(listening_inodes(server.pid).values())
    server.send_signal(signal.SIGHUP)
    job.wait_for(lambda: image.read_bytes() != before, "its second start")
    job.wait_for_port(port)
    job.expect(sockets & set(listening_inodes(server.pid).values()), "it has made a socket of its own")
    job.count()
    return get(port)


@scenario("pgbouncer", "postgresql-15|postgresql-17", "postgresql-client-15|postgresql-client-17", seconds=120,
          does="-R: a new one takes the sockets and clients of the old one over, by SCM_RIGHTS")
def pgbouncer_takeover(job):
    port = job.port()
    job.directory.chmod(0o777)
    job.write("users", '"admin" ""\n')
    config = job.write("pgbouncer.ini", f"""
[databases]
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {job.directory}
auth_type = trust
auth_file = {job.directory}/users
admin_users = admin
pidfile = {job.directory}/pid
logfile =
""")
    words = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/usr/sbin/pgbouncer", config)
    old = job.start(*words)
    job.wait_for_port(port)

    def ask(command):
        return job.run("psql", "-h", "127.0.0.1", "-p", port, "-U", "admin", "-At", "-c", command, "pgbouncer", bare=True).stdout
    job.expect(ask("show databases").startswith("pgbouncer|"), "no answer")
    new = job.start(*words[:-1], "-R", config)
    job.expect(old.wait(30) == 0, job.log.read_text())
    job.wait_for_port(port)
    job.count([new.pid])
    job.expect(ask("show databases").startswith("pgbouncer|"), "the new one does not answer")


@scenario("hitch", "openssl", "python3", seconds=60, does="HUP starts new workers on the same sockets")
def hitch_reload(job):
    port, behind = job.port(), job.port()
    job.write("page", "served\n")
    job.start("python3", "-m", "http.server", "--bind", "127.0.0.1", behind, bare=True)
    job.wait_for_port(behind)
    job.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out",
            "certificate.pem", bare=True)
    both = job.write("both.pem", (job.directory / "key.pem").read_text() + (job.directory / "certificate.pem").read_text())
    config = job.write("hitch.conf", f"""
frontend = "[127.0.0.1]:{port}"
backend = "[127.0.0.1]:{behind}"
pem-file = "{both}"
workers = 2
""")
    hitch = job.start("hitch", "--config", config, "--user", "nobody")
    job.wait_for_port(port)
    ask = ("curl", "-sS", "-k", f"https://127.0.0.1:{port}/page")
    said = job.run(*ask, bare=True).stdout
    job.count()
    before = set(children(hitch.pid))
    signal_until(job, hitch.pid, signal.SIGHUP, lambda: set(children(hitch.pid)) - before, "new workers")
    job.count()
    return said + job.run(*ask, bare=True).stdout
