# SPDX-License-Identifier: Apache-2.0
"""Services that systemd starts when somebody connects, and gives its sockets to."""
from check import check, sh, wait_for, write
from checks.units import unit


def talk(port, said):
    return sh(f"exec 5<>/dev/tcp/localhost/{port}; cat >&5; timeout 20 head -n 1 <&5", said)


@check
def a_connection_each():
    unit("each.socket", "[Socket]", "ListenStream=127.0.0.1:9001", "Accept=yes")
    unit("each@.service", "[Service]", "StandardInput=socket", "ExecStart=/bin/sh -c 'read word; echo \"it says $word\"'")
    sh("systemctl start each.socket")
    return talk(9001, "one\n") + talk(9001, "two\n") + sh("systemctl show -p NAccepted each.socket; systemctl stop each.socket")


SERVER = """import os, socket, sys
count, names = int(os.environ["LISTEN_FDS"]), os.environ["LISTEN_FDNAMES"].split(":")
assert int(os.environ["LISTEN_PID"]) == os.getpid()
sockets = dict(zip(names, (socket.socket(fileno=3 + each) for each in range(count))))
while True:
    connection, _ = sockets["first"].accept()
    connection.sendall(f"{sorted(names)} {connection.recv(100).decode()}".encode())
    connection.close()
"""


@check
def one_service_for_all():
    write("/srv/server", SERVER)
    for name, port in (("first", 9002), ("second", 9003)):
        unit(f"all-{name}.socket", "[Socket]", f"ListenStream=127.0.0.1:{port}", f"FileDescriptorName={name}", "Service=all.service")
    unit("all.service", "[Service]", "ExecStart=/usr/bin/python3 /srv/server")
    sh("systemctl start all-first.socket all-second.socket")
    return talk(9002, "one\n") + talk(9002, "two\n")


@check
def and_its_restart_loses_no_connection():
    sh("systemctl stop all.service; systemctl start all.service")
    return talk(9002, "three\n")


@check
def and_a_reexec_neither():
    sh("systemctl daemon-reexec; systemctl restart all.service")
    return talk(9002, "four\n") + sh("systemctl stop all-first.socket all-second.socket all.service")


@check
def a_shell_gets_a_socket():
    unit("shell.socket", "[Socket]", "ListenDatagram=/run/shell.socket")
    unit("shell.service", "[Service]", "Type=oneshot", "ExecStart=/bin/bash -c 'head -c 5 <&3 >/run/shell.said; "
         "echo $LISTEN_FDNAMES >>/run/shell.said'")
    sh("systemctl start shell.socket")
    sh("python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b\"hello\", \"/run/shell.socket\")'")
    wait_for(lambda: sh("cat /run/shell.said"), "what it was told")
    wait_for(lambda: sh("systemctl is-active shell.service", status=3) == "inactive", "its end")
    return sh("cat /run/shell.said; systemctl stop shell.socket")


@check
def a_fifo():
    unit("fifo.socket", "[Socket]", "ListenFIFO=/run/fifo")
    unit("fifo.service", "[Service]", "Type=oneshot", "StandardInput=socket", "ExecStart=/bin/bash -c 'read word; "
         "echo \"$word\" >/run/fifo.said'")
    sh("systemctl start fifo.socket; echo words >/run/fifo")
    return wait_for(lambda: sh("cat /run/fifo.said"), "what it was told") + sh("systemctl stop fifo.socket")


@check
def a_proxy():
    unit("proxy.socket", "[Socket]", "ListenStream=127.0.0.1:9004")
    unit("proxy.service", "[Service]", "Type=notify", "ExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:8080")
    return sh("systemctl start proxy.socket; curl -s localhost:9004; systemctl stop proxy.socket proxy.service")


@check
def by_hand():
    return sh("""systemd-socket-activate -l 127.0.0.1:9005 -a --inetd tr a-z A-Z 2>/dev/null & activator=$!
        until exec 5<>/dev/tcp/localhost/9005; do sleep 0.1; done 2>/dev/null
        echo by hand >&5; python3 -c 'import socket; socket.socket(fileno=5).shutdown(1)'; timeout 20 cat <&5; kill $activator""")


@check
def inetd():
    return sh("""exec 5<>/dev/tcp/localhost/7777; echo upper >&5
        python3 -c 'import socket; socket.socket(fileno=5).shutdown(1)'; timeout 20 cat <&5""")


@check
def git_daemon():
    unit("git.socket", "[Socket]", "ListenStream=127.0.0.1:9418", "Accept=yes")
    unit("git@.service", "[Service]", "StandardInput=socket", "ExecStart=/usr/lib/git-core/git-daemon --inetd --export-all "
         "--base-path=/srv")
    return sh("""systemctl start git.socket; git init -q --bare /srv/served.git; git ls-remote git://localhost/served.git
        systemctl stop git.socket; echo answered""")


@check
def rsync_daemon():
    return sh("rsync rsync://localhost/www/ | awk '{ print $NF }' | sort; rsync -a rsync://localhost/www/index.html /tmp/page; "
              "cat /tmp/page")
