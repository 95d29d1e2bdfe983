# SPDX-License-Identifier: Apache-2.0
"""Words that a stranger wrote reach a child in its variables: they must not choose what else it gets."""
import json
import urllib.request

from scenario import scenario

# Says what it has above 2, but for the directory that it reads.
LIST = """#!/usr/bin/python3
import os
found = []
with os.scandir("/proc/self/fd") as entries:
    for entry in entries:
        if int(entry.name) > 2 and os.readlink(entry.path) != f"/proc/{os.getpid()}/fd":
            found.append(os.readlink(entry.path))
"""


def judge(job, arrived):
    """Bare the program is known to leak; under the shim nothing may arrive."""
    job.most_inheritable = len(arrived)
    job.expect(("LD_PRELOAD" in job.environment) == (not arrived), f"arrived: {arrived}")


def torrent(job, name):
    """A download that is complete as soon as it is verified; returns what its daemon gave to the script."""
    job.write("script", LIST + f"""
print("all", *found, file=open("{job.directory}/new", "x"))
os.rename("{job.directory}/new", "{job.directory}/out")
""", mode=0o755)
    job.write(f"files/{name}", "content\n")
    job.run("transmission-create", "-o", "torrent", f"files/{name}", bare=True)
    port = job.port()
    job.write("config/settings.json", json.dumps({
        "download-dir": str(job.directory / "files"), "rpc-port": port, "rpc-bind-address": "127.0.0.1",
        "peer-port": job.port(),
        "bind-address-ipv4": "127.0.0.1", "bind-address-ipv6": "::1", "dht-enabled": False, "lpd-enabled": False,
        "pex-enabled": False, "utp-enabled": False, "port-forwarding-enabled": False, "script-torrent-done-enabled": True,
        "script-torrent-done-filename": str(job.directory / "script")}))
    job.start("transmission-daemon", "-f", "-g", "config")
    job.wait_for_port(port)

    def ask(*words):
        job.run("transmission-remote", port, *words, bare=True)
    # Missing when it is added, and there when it is verified: that is a download's end.
    (job.directory / "files" / name).rename(job.directory / "aside")
    ask("-a", "torrent", "-w", job.directory / "files")
    ask("-t", "1", "-S")
    (job.directory / "aside").rename(job.directory / "files" / name)
    ask("-t", "1", "-v")
    return job.wait_for((job.directory / "out").read_text, "the script").split()[1:]


@scenario("transmission-daemon", "transmission-cli", quick=True, seconds=60,
          does="a script at a download's end; counted: what it got")
def torrent_script(job):
    judge(job, torrent(job, "file"))


@scenario("transmission-daemon", "transmission-cli", quick=True, seconds=60,
          does="the same, and the torrent's author has named it 3;4;8;9")
def torrent_name(job):
    judge(job, torrent(job, "3;4;8;9"))


REQUESTS = [("", {}), ("?4", {}), ("?3;4;5;6", {}), ("?fd=4&LISTEN_FDS=4", {}), ("/dev/fd/4", {}),
            ("", {"Cookie": "3;4;5;6"}), ("", {"Referer": "4"}), ("", {"User-Agent": "--status-fd=4"})]


@scenario("mini-httpd", "python3", quick=True, seconds=60,
          does="a CGI script for queries, cookies and referers that are numbers; counted: what it got")
def mini_httpd_cgi(job):
    port = job.port()
    job.write("www/cgi-bin/list", LIST + 'print("Content-Type: text/plain\\n")\nprint(*found)\n', mode=0o755)
    job.start("mini_httpd", "-D", "-p", port, "-h", "127.0.0.1", "-d", job.directory / "www", "-c", "cgi-bin/*", "-u",
              "root", "-i", job.directory / "pid")
    job.wait_for_port(port)
    arrived = []
    for query, headers in REQUESTS:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/cgi-bin/list{query}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            arrived += answer.read().decode().split()
    judge(job, arrived)
