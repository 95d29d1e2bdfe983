# SPDX-License-Identifier: Apache-2.0
"""Web servers: what serves must outlive its own replacement."""
import contextlib
import os
import signal
import threading
import urllib.request

from job import Failure
from scenario import scenario


def get(port, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as listed:
        return [int(child) for child in listed.read().split()]


def listening_inodes(pid):
    """The sockets of a process, by number and inode: the same inode is the same socket."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found[int(name)] = target
    return found


def signal_until(job, pid, number, condition, what):
    """A master that is still starting does not hear the signal."""
    for patience in (8, 10, 30):
        os.kill(pid, number)
        with contextlib.suppress(Failure):
            return job.wait_for(condition, what, timeout=patience)
    raise Failure(f"no {what}")


class Traffic:
    """Requests without a pause, and how many failed."""

    def __init__(self, port, path="/"):
        self.port, self.path, self.served, self.failed, self.ends = port, path, 0, [], threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        while not self.ends.is_set():
            try:
                get(self.port, self.path)
                self.served += 1
            except OSError as trouble:
                self.failed.append(str(trouble))
                return

    def end(self, job):
        self.ends.set()
        self.thread.join()
        job.expect(self.served > 0 and not self.failed, f"{self.served} served, failed: {self.failed[:3]}")


def nginx_config(job, port):
    job.write("www/index.html", "served\n")
    return job.write("nginx.conf", f"""
worker_processes 2;
pid {job.directory}/pid;
error_log {job.directory}/error;
events {{ worker_connections 64; }}
http {{
  access_log {job.directory}/access;
  client_body_temp_path {job.directory}/body; proxy_temp_path {job.directory}/proxy; fastcgi_temp_path {job.directory}/fcgi;
  uwsgi_temp_path {job.directory}/uwsgi; scgi_temp_path {job.directory}/scgi;
  server {{ listen 127.0.0.1:{port}; root {job.directory}/www; }}
}}
""")


@scenario("nginx-light", does="serves with two workers", quick=True)
def nginx(job):
    port = job.port()
    job.start("/usr/sbin/nginx", "-c", nginx_config(job, port), "-g", "daemon off;")
    job.wait_for_port(port)
    job.count()
    return get(port)


@scenario("nginx-light", does="USR2 upgrades the binary under traffic; the new master inherits the socket", quick=True)
def nginx_upgrade(job):
    port = job.port()
    job.run("/usr/sbin/nginx", "-c", nginx_config(job, port))
    pid_file = job.directory / "pid"
    old = int(job.wait_for(pid_file.read_text, "the master"))
    job.wait_for_port(port)
    traffic = Traffic(port)
    before = set(listening_inodes(old).values())
    os.kill(old, signal.SIGUSR2)
    new = job.wait_for(lambda: (text := pid_file.read_text()) and int(text) != old and int(text), "the new master")
    job.wait_for(lambda: len(children(new)) >= 2, "its workers")
    shared = before & set(listening_inodes(new).values())
    os.kill(old, signal.SIGQUIT)
    job.wait_for(lambda: not os.path.exists(f"/proc/{old}") or open(f"/proc/{old}/stat").read().split()[2] == "Z", "its end")
    job.count()
    traffic.end(job)
    job.expect(shared, "the new master made a socket of its own")
    return get(port)


@scenario("apache2", does="a CGI script, and logs piped to a program", quick=True)
def apache(job):
    port = job.port()
    job.write("cgi/hello", "#!/bin/sh\necho 'Content-Type: text/plain'; echo; echo hello from CGI $QUERY_STRING\n", mode=0o755)
    modules = "/usr/lib/apache2/modules"
    config = job.write("apache.conf", f"""
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule cgi_module {modules}/mod_cgi.so
LoadModule alias_module {modules}/mod_alias.so
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {job.directory}/pid
DefaultRuntimeDir {job.directory}
User www-data
ErrorLog "|/usr/bin/tee -a {job.directory}/error"
LogFormat "%r %>s" short
CustomLog "|/usr/bin/tee -a {job.directory}/access" short
ScriptAlias /cgi/ {job.directory}/cgi/
<Directory {job.directory}/cgi>
  Require all granted
</Directory>
""")
    job.start("/usr/sbin/apache2", "-DFOREGROUND", "-f", config, environment={"APACHE_RUN_DIR": str(job.directory)})
    job.wait_for_port(port)
    said = get(port, "/cgi/hello?asked")
    job.count()
    return said + job.wait_for((job.directory / "access").read_text, "the piped log")


@scenario("lighttpd", does="a CGI script", quick=True)
def lighttpd(job):
    port = job.port()
    job.write("www/hello.cgi", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello from CGI\\n'\n", mode=0o755)
    config = job.write("lighttpd.conf", f"""
server.modules = ("mod_cgi")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{job.directory}/www"
cgi.assign = (".cgi" => "/bin/sh")
""")
    job.start("/usr/sbin/lighttpd", "-D", "-f", config)
    job.wait_for_port(port)
    said = get(port, "/hello.cgi")
    job.count()
    return said


@scenario("haproxy", "python3", does="-W: the master re-executes itself on SIGUSR2, under traffic", quick=True)
def haproxy_reload(job):
    port, backend = job.port(), job.port()
    job.write("www/index.html", "served\n")
    job.start("python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", job.directory / "www", backend, bare=True)
    config = job.write("haproxy.cfg", f"""
global
  stats socket {job.directory}/stats expose-fd listeners
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend in
  bind 127.0.0.1:{port}
  default_backend out
backend out
  server one 127.0.0.1:{backend}
""")
    master = job.start("/usr/sbin/haproxy", "-W", "-f", config).pid
    job.wait_for_port(backend)
    job.wait_for(lambda: get(port), "the proxy")
    first = children(master)
    traffic = Traffic(port)
    for _ in range(3):
        before = children(master)
        signal_until(job, master, signal.SIGUSR2, lambda old=before: set(children(master)) - set(old), "a new worker")
    job.wait_for(lambda: not set(children(master)) & set(first), "the first worker's end")
    job.count()
    traffic.end(job)
    return get(port)


@scenario("haproxy", does="-W -D: the master goes into the background, re-executes itself, and again on SIGUSR2", quick=True)
def haproxy_background(job):
    port = job.port()
    config = job.write("haproxy.cfg", f"""
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend in
  bind 127.0.0.1:{port}
  http-request return status 200 content-type text/plain string served
""")
    job.run("/usr/sbin/haproxy", "-W", "-D", "-p", job.directory / "pid", "-f", config)
    job.wait_for(lambda: get(port), "the proxy")
    master = int((job.directory / "pid").read_text().split()[0])
    before = children(master)
    signal_until(job, master, signal.SIGUSR2, lambda: set(children(master)) - set(before), "a new worker")
    job.wait_for(lambda: not set(children(master)) & set(before), "the old worker's end")
    job.count()
    return get(port)


@scenario("gunicorn", does="serves, and HUP replaces its workers", quick=True)
def gunicorn(job):
    port = job.port()
    job.write("app.py", "def app(environ, start):\n    start('200 OK', [])\n    return [b'served']\n")
    master = job.start("gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "app:app").pid
    job.wait_for_port(port)
    job.wait_for(lambda: len(children(master)) == 2, "workers")
    before = children(master)
    os.kill(master, signal.SIGHUP)
    job.wait_for(lambda: len(children(master)) == 2 and not set(children(master)) & set(before), "new workers")
    job.count()
    return get(port)


@scenario("gunicorn", does="USR2 starts a new master on the same socket")
def gunicorn_upgrade(job):
    port = job.port()
    job.write("app.py", "def app(environ, start):\n    start('200 OK', [])\n    return [b'served']\n")
    pid_file = job.directory / "pid"
    job.start("gunicorn", "--bind", f"127.0.0.1:{port}", "--pid", pid_file, "app:app")
    old = int(job.wait_for(pid_file.read_text, "the master"))
    job.wait_for_port(port)
    before = set(listening_inodes(old).values())
    os.kill(old, signal.SIGUSR2)
    new_file = job.directory / "pid.2"
    new = int(job.wait_for(new_file.read_text, "the new master"))
    job.wait_for(lambda: children(new), "its worker")
    job.expect(before & set(listening_inodes(new).values()), "the new master made a socket of its own")
    os.kill(old, signal.SIGQUIT)
    job.wait_for(lambda: int(pid_file.read_text()) == new, "the old master's end")
    return get(port)


@scenario("uwsgi", "uwsgi-plugin-python3", does="reloads on HUP by exec of itself, on the same socket", quick=True)
def uwsgi_reload(job):
    return reloaded_uwsgi(job)


@scenario("uwsgi", "uwsgi-plugin-python3", does="the same in the background", quick=True)
def uwsgi_reload_daemonized(job):
    return reloaded_uwsgi(job, "--daemonize2", job.directory / "uwsgi.log")


def reloaded_uwsgi(job, *options):
    port = job.port()
    job.write("app.py", "def application(environ, start):\n    start('200 OK', [])\n    return [b'served']\n")
    words = ["uwsgi", "--plugin", "python3", "--http-socket", f"127.0.0.1:{port}", "--master", "--processes", "2",
             "--worker-reload-mercy", "1", "--reload-mercy", "1",
             "--wsgi-file", job.directory / "app.py", "--pidfile", job.directory / "pid", *options]
    job.run(*words) if options else job.start(*words)
    job.wait_for(lambda: get(port), "an answer")  # a connection without a request keeps a worker for seconds
    master = int((job.directory / "pid").read_text())
    job.wait_for(lambda: len(children(master)) == 2, "workers")
    before = set(listening_inodes(master).values())
    log = job.directory / "uwsgi.log" if options else job.log

    def is_reloaded():
        return "(RE)spawned uWSGI master" in log.read_text() and len(children(master)) == 2

    signal_until(job, master, signal.SIGHUP, is_reloaded, "new workers")
    job.wait_for(lambda: get(port), "an answer")
    job.count()
    job.expect(before & set(listening_inodes(master).values()), "it made a socket of its own")
    return get(port)


RACK = "run lambda { |_| [200, {}, ['served']] }\n"


@scenario("unicorn", does="USR2 starts a new master on the same socket, which UNICORN_FD tells")
def unicorn_upgrade(job):
    port, pid_file = job.port(), job.directory / "pid"
    job.write("config.ru", RACK)
    job.write("unicorn.rb", f"pid '{pid_file}'\nlisten '127.0.0.1:{port}'\n")
    job.start("unicorn", "-c", "unicorn.rb", "-N", "config.ru")
    old = int(job.wait_for(pid_file.read_text, "the master"))
    job.wait_for(lambda: get(port), "an answer")
    before = set(listening_inodes(old).values())
    os.kill(old, signal.SIGUSR2)
    new = job.wait_for(lambda: int(pid_file.read_text()) not in (old, 0) and int(pid_file.read_text()), "the new master")
    job.wait_for(lambda: children(new), "its worker")
    job.expect(before & set(listening_inodes(new).values()), "the new master made a socket of its own")
    os.kill(old, signal.SIGQUIT)
    job.wait_for(lambda: old not in job.processes(), "the old master's end")
    job.count()
    return get(port)


@scenario("puma", does="USR2: it executes itself, and keeps the socket, which PUMA_INHERIT_0 tells")
def puma_restart(job):
    port = job.port()
    job.write("config.ru", RACK)
    puma = job.start("puma", "-b", f"tcp://127.0.0.1:{port}", "config.ru").pid
    job.wait_for(lambda: get(port), "an answer")
    before = set(listening_inodes(puma).values())
    os.kill(puma, signal.SIGUSR2)
    job.wait_for(lambda: "* Inherited tcp:" in job.log.read_text(), "the restart")
    job.wait_for(lambda: get(port), "an answer")
    job.count()
    job.expect(before & set(listening_inodes(puma).values()), "it made a socket of its own")
    return get(port)
