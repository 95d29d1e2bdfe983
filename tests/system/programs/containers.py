# SPDX-License-Identifier: Apache-2.0
"""Containers: what starts and watches them must not leave its own descriptors inside."""
from programs.told import teller
from scenario import scenario


@scenario("lxc", "util-linux", seconds=90,
          does="lxc-execute runs a command; lxc-monitor, by a daemon that is told its pipe, sees it start and stop")
def lxc(job):
    paths = job.directory / "containers"
    paths.mkdir()
    config = job.write("one.conf", "lxc.uts.name = inside\nlxc.net.0.type = empty\nlxc.rootfs.path = dir:/\n"
                       "lxc.mount.auto = proc\n")
    monitor = job.start("lxc-monitor", "-P", paths, "-n", ".*")
    job.wait_for(lambda: "lxc-monitord\n" in {open(f"/proc/{pid}/comm").read() for pid in job.processes()}, "its daemon")

    def execute():
        return job.run("lxc-execute", "-P", paths, "-n", "one", "-f", config, "--", "/bin/sh", "-c",
                       'hostname; for fd in /proc/self/fd/*; do case ${fd##*/} in [012]) ;; *) readlink "$fd"; esac; done; :').stdout
    said = execute()
    job.wait_for(lambda: (execute(), "changed state to [STOPPED]" in job.log.read_text())[1], "what the monitor says")
    job.expect(monitor.poll() is None, "the monitor has ended")
    job.count()
    job.expect(said == "inside\n", said)
    return said


@scenario("xdg-dbus-proxy", "dbus-daemon", "dbus-bin", "gcc", "libc6-dev", seconds=60,
          does="xdg-dbus-proxy --fd=N, which says that it is ready and waits there, and --args=M, of a C program")
def xdg_dbus_proxy(job):
    job.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={job.directory}/bus", bare=True)
    job.wait_for((job.directory / "bus").exists, "the bus")
    job.write("arguments", "\0".join([f"unix:path={job.directory}/bus", str(job.directory / "proxy"), ""]))
    job.start(teller(job), "w=ready", "r=arguments", "--", "xdg-dbus-proxy", "--fd=%1", "--args=%2")
    job.wait_for((job.directory / "ready").read_text, "its word")
    said = job.run("dbus-send", f"--bus=unix:path={job.directory}/proxy", "--print-reply=literal",
                   "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames", bare=True).stdout
    job.count()
    job.expect("org.freedesktop.DBus" in said, said)
