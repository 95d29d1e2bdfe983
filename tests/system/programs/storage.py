# SPDX-License-Identifier: Apache-2.0
"""Block devices, file systems and file servers whose work is shared by several programs."""
import textwrap

from programs.ssh import start_sshd
from programs.told import teller
from scenario import scenario


@scenario("nbdkit", "libnbd-bin", seconds=60,
          does="nbdkit --run, its sh plugin; nbdinfo and nbdcopy start it by socket activation")
def nbdkit(job):
    plugin = job.write("plugin", """#!/bin/sh
case $1 in
  get_size) echo 1048576 ;;
  pread) printf %s text; head -c $(($3 - 4)) /dev/zero ;;
  can_write) exit 3 ;;
  *) exit 2 ;;
esac
""", mode=0o755)
    ask = ("nbdkit", "-U", "-", "sh", plugin, "--run")
    said = job.run(*ask, 'nbdinfo --size "$uri"; nbdcopy "$uri" - | head -c 4').stdout
    job.expect(said == "1048576\ntext", said)
    said += job.run("nbdinfo", "--size", "--", "[", "nbdkit", "--exit-with-parent", "memory", "3M", "]").stdout
    job.write("from", "through two servers\n")
    job.run("nbdcopy", "--", "from", "[", "nbdkit", "--exit-with-parent", "file", job.write("to", " " * 20), "]")
    return said + (job.directory / "to").read_text()


@scenario("swtpm-tools", "swtpm", seconds=120,
          does="swtpm_setup makes a TPM: it tells swtpm its sockets by fd= and clientfd=")
def swtpm_setup(job):
    (job.directory / "state").mkdir()
    said = job.run("swtpm_setup", "--tpm2", "--tpmstate", job.directory / "state", "--createek", "--overwrite").stdout
    job.expect("Successfully authored TPM state." in said, said)
    job.expect((job.directory / "state/tpm2-00.permall").stat().st_size > 1000, "no state")


@scenario("swtpm", "gcc", "libc6-dev", seconds=60,
          does="swtpm --ctrl type=unixio,fd=N and --key fd=M of a C program")
def swtpm_told(job):
    (job.directory / "state").mkdir()
    job.write("key", "0123456789abcdef0123456789abcdef\n")
    job.start(teller(job), "r=key", "--", "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={job.directory}/state", "--key",
              "fd=%1,mode=aes-cbc,format=hex", "--ctrl", f"type=unixio,path={job.directory}/control", "--server",
              f"type=unixio,path={job.directory}/socket")
    said = job.wait_for(lambda: job.run("swtpm_ioctl", "--unix", job.directory / "control", "-c", check=False, bare=True).stdout,
                        "its capabilities")
    job.count()
    return said


@scenario("lua5.3", "lvm2", "lua-posix", seconds=30,
          does="lvm of a Lua script, which names what it was given; counted: those")
def lvm_of_lua(job):
    job.write("file", "")
    job.write("program.lua", "local held = {io.open('file'), io.open('file', 'a')}\nos.execute('lvm version 2>&1')\n")
    said = job.run("lua5.3", "program.lua").stdout
    job.expect("LVM version" in said, said)
    job.most_inheritable = said.count("leaked on lvm invocation")
    job.expect(job.most_inheritable == (0 if "LD_PRELOAD" in job.environment else 2), said)


@scenario("squashfuse", "squashfs-tools", "util-linux", seconds=60,
          does="an ordinary user mounts an image: fusermount3 answers on _FUSE_COMMFD")
def squashfuse(job):
    job.write("from/file", "through SquashFS and FUSE\n")
    job.run("mksquashfs", "from", "image", "-quiet", bare=True)
    job.run("install", "-d", "-o", "nobody", "to", bare=True)
    job.start("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "squashfuse", "-f", "image", "to")

    def read(name="file"):
        return job.run("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "cat", f"to/{name}", check=False,
                       bare=True).stdout
    said = job.wait_for(read, "the mount")
    job.count()
    job.run("umount", "to", bare=True)
    return said


@scenario("sshfs", "openssh-server", "openssh-client", seconds=60,
          does="a file system by ssh's sftp, with ssh on a pipe; unmounted by fusermount3 -u")
def sshfs(job):
    options = start_sshd(job)
    job.write("far/file", "from far\n")
    (job.directory / "near").mkdir()
    port, key = options[1], f"IdentityFile={options[3]}"
    near = ("-o", port, "-o", key, *options[4:])  # it has no -i
    job.start("sshfs", "-f", "-o", "auto_unmount", *near, f"root@127.0.0.1:{job.directory}/far", "near")
    said = job.wait_for((job.directory / "near/file").read_text, "the mount")
    job.write("near/back", "written back\n")
    job.count()
    job.run("fusermount3", "-u", "near")
    job.wait_for(lambda: not any("sshfs" in open(f"/proc/{pid}/comm").read() for pid in job.processes()), "its end")
    return said + (job.directory / "far/back").read_text()


@scenario("samba", "smbclient", seconds=120,
          does="smbd serves a share; its rpcd_* workers are started on demand, told by --ready-signal-fd")
def samba(job):
    port = job.port()
    for name in ("private", "lock", "state", "cache", "pid", "ncalrpc", "share"):
        (job.directory / name).mkdir()
    config = job.write("smb.conf", textwrap.dedent(f"""
        [global]
        smb ports = {port}
        interfaces = lo
        bind interfaces only = yes
        private dir = {job.directory}/private
        lock directory = {job.directory}/lock
        state directory = {job.directory}/state
        cache directory = {job.directory}/cache
        pid directory = {job.directory}/pid
        ncalrpc dir = {job.directory}/ncalrpc
        log file = {job.directory}/smbd.log
        map to guest = bad user
        guest account = root
        disable spoolss = yes
        load printers = no
        [share]
        path = {job.directory}/share
        guest ok = yes
        read only = no
        dfree command = {job.write("free", "#!/bin/sh" + chr(10) + "echo 1000 500 1024" + chr(10), mode=0o755)}
        """))
    job.start("smbd", "-F", "--no-process-group", "-s", config)
    job.wait_for_port(port)
    job.write("file", "by SMB\n")
    words = ("-s", config, "-U", "%", "-p", port)
    listing = job.run("smbclient", *words, "//127.0.0.1/share", "-c", "put file there; get there back; dir", bare=True).stdout
    job.expect("500 blocks available" in listing, listing)
    shares = job.run("rpcclient", *words, "127.0.0.1", "-c", "netshareenumall", bare=True).stdout
    job.expect("netname: share" in shares, shares)
    workers = [open(f"/proc/{pid}/comm").read() for pid in job.processes()]
    job.expect(any(name.startswith("rpcd_") for name in workers), str(workers))
    job.count()
    return (job.directory / "back").read_text()
