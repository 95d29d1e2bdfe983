# SPDX-License-Identifier: Apache-2.0
"""Programs that change one thing and then become, or start, another: what they were given passes through them."""
import json
import os
import re
import signal
import struct

from scenario import scenario

WRAPPERS = """
setpriv --reuid=65534 --regid=65534 --clear-groups
setpriv --no-new-privs --inh-caps=-all
unshare --mount --uts --ipc
unshare --pid --fork --mount-proc
unshare --user --map-root-user
chroot /
runuser -u nobody --
prlimit --nofile=64
ionice -c 3
choom -n 1 --
taskset 1
chrt --batch 0
setarch --addr-no-randomize
nsenter --target $$ --mount --uts --wd
"""


@scenario("util-linux", "coreutils", "bash", quick=True, seconds=40,
          does="setpriv, unshare, nsenter, chroot, runuser and more pass a shell's 5 and 6 on")
def wrappers(job):
    job.write("wrappers", WRAPPERS.lstrip())
    said = job.run("bash", "-c", r"""
while read -r wrapper; do
  echo given > given
  eval "$wrapper" bash -c "'read -r line <&5; echo \$line back >&6'" 5<given 6>back && echo "${wrapper%% *} $(cat back)"
done < wrappers""").stdout
    names = [line.split()[0] for line in WRAPPERS.split("\n") if line]
    job.expect(said == "".join(f"{name} given back\n" for name in names), said)
    return said


@scenario("util-linux", "bash", quick=True, seconds=40,
          does="nsenter joins the namespaces that a shell holds at 7 and 8")
def nsenter(job):
    said = job.run("bash", "-c", r"""
coproc { exec unshare --uts --ipc sh -c 'hostname joined; echo ready; exec cat'; }
read -r ready <&${COPROC[0]}
theirs=/proc/$COPROC_PID/ns
exec 7<$theirs/uts 8<$theirs/ipc
nsenter --uts=/proc/self/fd/7 --ipc=/proc/self/fd/8 hostname
[[ $(nsenter --ipc=/proc/self/fd/8 readlink /proc/self/ns/ipc) == "$(readlink $theirs/ipc)" ]] && echo the same
[[ $(hostname) != joined ]] && echo outside""").stdout
    job.expect(said == "joined\nthe same\noutside\n", said)
    return said


def refuses_mkdir():
    """A program for seccomp(2) by which mkdir(2), or mkdirat(2) where there is no mkdir, is not permitted."""
    number = {"x86_64": 83, "aarch64": 34}[os.uname().machine]
    load, jump_if_equal, end, errno, allow = 0x20, 0x15, 0x06, 0x00050001, 0x7FFF0000
    steps = [(load, 0, 0, 0), (jump_if_equal, 0, 1, number), (end, 0, 0, errno), (end, 0, 0, allow)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


@scenario("bubblewrap", "util-linux", "bash", quick=True, seconds=30,
          does="bwrap reads --seccomp and joins --userns at a shell's 9 and 8")
def bwrap_seccomp(job):
    (job.directory / "filter").write_bytes(refuses_mkdir())
    said = job.run("bash", "-c", r"""
coproc { exec unshare --user --map-root-user sh -c 'echo ready; exec cat'; }
read -r ready <&${COPROC[0]}
bwrap --seccomp 9 --userns 8 --dev-bind / / bash -c 'readlink /proc/self/ns/user; mkdir made || echo refused' \
  9<filter 8</proc/$COPROC_PID/ns/user > said 2>complaint
[[ $(head -n 1 said) == "$(readlink /proc/$COPROC_PID/ns/user)" ]] && echo the same
tail -n 1 said; ls -d made 2>&1; grep -o 'not permitted' complaint""", check=False).stdout
    job.expect(said == "the same\nrefused\nls: cannot access 'made': No such file or directory\nnot permitted\n", said)
    return said


@scenario("qemu-system-x86", "python3", quick=True, seconds=40,
          does="is given its monitor as a socket by number, as libvirt does; adds a file by SCM_RIGHTS")
def qemu_monitor(job):
    job.write("disk", "x" * 65536)
    said = job.run("/usr/bin/python3", job.write("starter.py", r"""
import array, json, os, socket, subprocess
ours, theirs = socket.socketpair()
qemu = subprocess.Popen(["qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", "none", "-chardev",
                         f"socket,id=qmp,fd={theirs.fileno()}", "-mon", "qmp,mode=control"], pass_fds=[theirs.fileno()])
theirs.close()
talk = ours.makefile("r")
def ask(command, *files, **arguments):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
    ours.sendmsg([json.dumps({"execute": command, "arguments": arguments}).encode()], rights)
    return next(said.get("return", said) for said in map(json.loads, talk) if "return" in said or "error" in said)
talk.readline()
ask("qmp_capabilities")
disk = os.open("disk", os.O_RDWR)
print(ask("add-fd", disk, **{"fdset-id": 4})["fdset-id"])
file = {"driver": "file", "filename": "/dev/fdset/4"}
print(ask("blockdev-add", driver="raw", file=file, **{"node-name": "disk"}))
print([node["image"]["virtual-size"] for node in ask("query-named-block-nodes") if node["node-name"] == "disk"])
ask("quit")
print(qemu.wait())
"""), timeout=30).stdout
    job.expect(said == "4\n{}\n[65536]\n0\n", said)
    return said


@scenario("dbus-x11", "dbus-bin", quick=True, seconds=40,
          does="dbus-launch starts a bus in the background and says where; a client asks it")
def dbus_launch(job):
    said = job.run("dbus-launch", "--sh-syntax").stdout
    address = re.search(r"ADDRESS='(.*)'", said)[1]
    bus = int(re.search(r"PID=(\d+)", said)[1])
    job.count([bus])
    names = job.run("dbus-send", f"--bus={address}", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/",
                    "org.freedesktop.DBus.ListNames").stdout
    os.kill(bus, signal.SIGTERM)
    job.expect("org.freedesktop.DBus" in names, json.dumps(names))
