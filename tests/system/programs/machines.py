# SPDX-License-Identifier: Apache-2.0
"""Virtual machines, sandboxes and displays: they are told by a number what they have inherited."""
import json
import re
import socket

from scenario import scenario

PYTHON = "/usr/bin/python3"
QEMU = "exec qemu-system-x86_64 -machine none -nodefaults -display none -add-fd fd={fd},set=1 -blockdev " \
       "driver=file,filename=/dev/fdset/1,node-name=disk " \
       "-chardev socket,id=qmp,path=qmp,server=on,wait=off -mon qmp,mode=control"


def asks_for_its_disk(job):
    """Over QMP: the disk that QEMU holds is the file that it was given by number; then it ends."""
    def connect():
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(job.directory / "qmp"))
        return client
    job.count()
    with job.wait_for(connect, "QEMU") as client, client.makefile("rw") as talk:
        def ask(command):
            talk.write(json.dumps({"execute": command}) + "\n")
            talk.flush()
            return next(said["return"] for said in map(json.loads, talk) if "return" in said)
        talk.readline()
        ask("qmp_capabilities")
        node, = ask("query-named-block-nodes")
        sets = ask("query-fdsets")
        ask("quit")
    return f"{node['image']['filename']} {node['image']['virtual-size']} {len(sets[0]['fds'])}"


@scenario("qemu-system-x86", "bash", does="a shell opens a disk at 5 and tells QEMU by -add-fd", quick=True, seconds=40)
def qemu_of_a_shell(job):
    job.write("disk", "x" * 1048576)
    process = job.start("bash", "-c", "exec 5<>disk; " + QEMU.format(fd=5))
    said = asks_for_its_disk(job)
    job.expect(process.wait(20) == 0, job.log.read_text())
    job.expect(said == "/dev/fdset/1 1048576 1", said)
    return said


@scenario("qemu-system-x86", "python3", does="Python passes a disk by pass_fds and tells QEMU by -add-fd", quick=True,
          seconds=40)
def qemu_of_python(job):
    job.write("disk", "x" * 1048576)
    process = job.start(PYTHON, job.write("starter.py", f"""
import os, subprocess, sys
fd = os.open("disk", os.O_RDWR)
sys.exit(subprocess.call(["sh", "-c", "{QEMU}".replace("{{fd}}", str(fd))], pass_fds=[fd]))
"""))
    said = asks_for_its_disk(job)
    job.expect(process.wait(20) == 0, job.log.read_text())
    job.expect(said == "/dev/fdset/1 1048576 1", said)
    return said


@scenario("bubblewrap", "bash", does="bwrap reads --args, --file, --bind-data from a shell's numbers; --info-fd",
          quick=True, seconds=30)
def bwrap(job):
    said = job.run("bash", "-c", r"""
exec 7>info 8>status
bwrap --args 3 --file 4 /tmp/given --bind-data 5 /tmp/data --info-fd 7 --json-status-fd 8 sh -c \
  'cat /tmp/given /tmp/data; ls -d /proc/self/fd/[3-9]; exit 3' \
  3< <(printf '%s\0' --ro-bind / / --tmpfs /tmp --proc /proc --die-with-parent) 4< <(echo a file) 5< <(echo data)
echo $?""").stdout
    job.expect(said.startswith("a file\ndata\n") and said.endswith("\n3\n"), said)
    info = json.loads((job.directory / "info").read_text())
    status = (job.directory / "status").read_text()
    job.expect(info["child-pid"] > 1 and '"exit-code": 3' in status, f"{info} {status}")
    return said


@scenario("bubblewrap", "python3", does="bwrap waits for --block-fd, and holds --sync-fd while the sandbox runs",
          quick=True,
          seconds=30)
def bwrap_sync(job):
    said = job.run(PYTHON, job.write("starter.py", """
import os, subprocess
held, sync = os.pipe()
block, go = os.pipe()
child = subprocess.Popen(["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--sync-fd", str(sync),
                          "--block-fd", str(block), "sh", "-c", "echo in the sandbox; cat"],
                         pass_fds=[sync, block], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
os.close(sync)
os.write(go, b"!")
print(child.stdout.readline())
os.set_blocking(held, False)
try:
    print(os.read(held, 1))
except BlockingIOError:
    print("held")
child.stdin.close()
print(child.wait())
os.set_blocking(held, True)
print(os.read(held, 1))
"""), timeout=20).stdout
    job.expect(said == "b'in the sandbox\\n'\nheld\n0\nb''\n", said)
    return said


def looks_at(job, display):
    said = job.run("xdpyinfo", "-display", f":{display}").stdout
    return re.search(r"dimensions: +(\S+)", said)[1]


SERVER = "Xvfb -displayfd {fd} -screen 0 320x200x24 -nolisten tcp -noreset"


@scenario("xvfb", "x11-utils", "bash", does="tells a shell its display by -displayfd; xdpyinfo connects", quick=True,
          seconds=40)
def xvfb_of_a_shell(job):
    job.start("bash", "-c", f"exec 6>display; exec {SERVER.format(fd=6)}")
    display = job.wait_for(lambda: (job.directory / "display").read_text().strip(), "the display")
    job.count()
    said = looks_at(job, display)
    job.expect(said == "320x200", said)
    return said


@scenario("xvfb", "x11-utils", "python3", does="tells Python its display by -displayfd; xdpyinfo connects", quick=True,
          seconds=40)
def xvfb_of_python(job):
    said = job.run(PYTHON, job.write("starter.py", f"""
import os, subprocess
read, write = os.pipe()
server = subprocess.Popen("{SERVER}".format(fd=write).split(), pass_fds=[write], stderr=subprocess.DEVNULL)
os.close(write)
display = os.read(read, 99).decode().strip()
try:
    said = subprocess.run(["xdpyinfo", "-display", ":" + display], capture_output=True, text=True, check=True).stdout
finally:
    server.terminate()
    server.wait()
print(next(line for line in said.splitlines() if "dimensions" in line).split()[1])
"""), timeout=30).stdout
    job.expect(said == "320x200\n", said)
    return said
