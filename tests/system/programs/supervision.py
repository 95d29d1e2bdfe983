# SPDX-License-Identifier: Apache-2.0
"""Trees of supervisors, what puts a program into the background, and the locks and pipes by which both know that it lives."""
import os
import signal

from scenario import scenario

# It says more than once, so that what a log service missed is seen.
SERVICE = "#!/bin/sh\nexec 2>&1\necho one; echo two >&2; echo three\nexec sleep 60\n"


def service(job, name, log):
    """A service that talks, and its log service, which is a program of the supervisor's own."""
    job.write(f"{name}/run", SERVICE, mode=0o755)
    job.write(f"{name}/log/run", f"#!/bin/sh\nexec {log}\n", mode=0o755)


def logged(job, path):
    """The three lines of the service as the log has them."""
    lines = job.wait_for(lambda: (found := (job.directory / path).read_text().split("\n")[:-1])[2:] and found, "the log")
    return "\n".join(line.split()[-1] for line in lines)


def pid_of(job, path):
    return job.wait_for(lambda: int((job.directory / path).read_text() or 0), path)


@scenario("runit", does="runsvdir: a service and svlogd are restarted, controlled, and end", quick=True)
def runsvdir(job):
    service(job, "all/talker", "svlogd main")
    (job.directory / "all/talker/log/main").mkdir(parents=True)
    tree = job.start("runsvdir", job.directory / "all")
    said = logged(job, "all/talker/log/main/current")
    job.count()
    first = pid_of(job, "all/talker/supervise/pid")
    job.run("sv", "-w", "10", "restart", job.directory / "all/talker")
    job.wait_for(lambda: pid_of(job, "all/talker/supervise/pid") != first, "a restart")
    tree.send_signal(signal.SIGHUP)
    job.expect(tree.wait(20) == 111, "runsvdir did not end")  # as runsvdir(8) says
    # The log service ends by end of file: when nobody else has the pipe.
    job.wait_for(lambda: not job.processes(), "the end of all services")
    return said


@scenario("daemontools", does="svscan: a service and multilog are restarted, and end by end of file", quick=True)
def svscan(job):
    service(job, "all/talker", "multilog ./main")
    tree = job.start("svscan", job.directory / "all")
    said = logged(job, "all/talker/log/main/current")
    job.count()
    first = job.run("svstat", "all/talker").stdout.split("(pid ")[1].split(")")[0]
    job.run("svc", "-t", "all/talker")
    job.wait_for(lambda: f"up (pid {first})" not in (now := job.run("svstat", "all/talker").stdout) and ": up" in now, "a restart")
    tree.terminate()
    tree.wait()
    job.run("svc", "-dx", "all/talker", "all/talker/log")
    job.wait_for(lambda: not job.processes(), "the end of the service and its log")
    return said


@scenario("s6", does="s6-svscan: readiness on a number of a shell, s6-log, s6-svc -wU and -wR, and the end", quick=True)
def s6_svscan(job):
    service(job, "all/talker", "s6-log -d3 ./main")
    job.write("all/talker/log/notification-fd", "3\n")
    job.write("all/talker/run", SERVICE.replace("exec sleep", "sh ../../ready\nexec 5>&-\nexec sleep"), mode=0o755)
    job.write("all/talker/notification-fd", "5\n")
    job.write("ready", "echo >&5\n")
    job.start("sh", "-c", "exec s6-svscan -d 7 all 7>up")
    job.wait_for((job.directory / "up").read_text, "s6-svscan's readiness")
    for name in ("all/talker", "all/talker/log"):
        # s6-svscan is ready before what it has started: s6-svwait wants the file of each s6-supervise.
        job.wait_for((job.directory / name / "supervise/status").exists, f"s6-supervise {name}")
        job.run("s6-svwait", "-U", "-t", "10000", name)
    job.count()
    said = logged(job, "all/talker/log/main/current")
    job.run("s6-svc", "-wR", "-T", "10000", "-r", "all/talker")
    job.run("s6-svscanctl", "-t", "all")
    job.wait_for(lambda: not job.processes(), "the end of s6-svscan")
    return said


@scenario("s6", does="s6-fdholder keeps files between programs: store, list, retrieve, getdump, setdump", quick=True)
def s6_fdholder(job):
    for name in ("ALLOW", "S6_FDHOLDER_LIST", "S6_FDHOLDER_GETDUMP", "S6_FDHOLDER_SETDUMP"):
        job.write("rules/uid/0/allow" if name == "ALLOW" else f"rules/uid/0/env/{name}", "1")
    for name in ("STORE", "RETRIEVE"):
        job.write(f"rules/uid/0/env/S6_FDHOLDER_{name}_REGEX", ".*")
    for holder in ("one", "two"):
        job.start("s6-fdholder-daemon", "-i", "rules", holder)
        job.wait_for((job.directory / holder).is_socket, holder)
    job.write("a", "of a\n")
    job.write("b", "of b\n")
    # The one that s6-fdholder-getdump becomes has the files at numbers that only its environment tells.
    return job.run("sh", "-c", """
s6-fdholder-store one A <a; s6-fdholder-store one B <b; s6-fdholder-list one | sort
s6-fdholder-getdump one s6-fdholder-setdump two
s6-fdholder-retrieve two A cat; s6-fdholder-retrieve two B cat
s6-fdholder-delete two A; s6-fdholder-list two""").stdout


@scenario("s6", does="s6-ipcserver hands a connection on 0 and 1, s6-ipcclient one on 6 and 7; s6-sudo", quick=True)
def s6_ipc(job):
    job.write("answer", 'read -r line; echo "got $line by $IPCREMOTEEUID"\n')
    job.write("ask", "echo asked >&7; cat <&6\n")
    job.write("serve", 'echo "$1 of $IPCREMOTEEUID"; cat; echo fine >&2\n')
    job.start("s6-ipcserver", "socket", "sh", "answer")
    job.start("s6-ipcserver", "sudo", "s6-sudod", "sh", "serve")
    for name in ("socket", "sudo"):
        job.wait_for((job.directory / name).is_socket, name)
    job.count()
    sudo = job.run("s6-sudo", "sudo", "argument", input="through the socket\n")
    return job.run("s6-ipcclient", "socket", "sh", "ask").stdout + sudo.stdout + sudo.stderr


def until_the_background_ends(job, program):
    """Only a descriptor that the daemon inherits tells that it lives: it has closed 0 to 2, and its parent has ended."""
    job.write("daemon", "( sleep 1; echo over > over ) <&- >&- 2>&- &\n")
    job.run(program, "sh", "daemon")
    return (job.directory / "over").read_text()


@scenario("daemontools", does="fghack stays as long as a daemon that went into the background")
def fghack(job):
    return until_the_background_ends(job, "fghack")


@scenario("s6", does="s6-fghack stays as long as a daemon that went into the background")
def s6_fghack(job):
    return until_the_background_ends(job, "s6-fghack")


@scenario("daemonize", "util-linux", does="-l: the daemon holds the lock while it lives, and not longer")
def daemonize_lock(job):
    lock = ("flock", "-n", job.directory / "lock", "echo", "free")
    job.run("daemonize", "-l", job.directory / "lock", "-p", job.directory / "pid", "/bin/sleep", "60")
    daemon = pid_of(job, "pid")
    job.wait_for(lambda: open(f"/proc/{daemon}/comm").read() == "sleep\n", "the daemon")
    job.count([daemon])
    job.expect(job.run(*lock, bare=True, check=False).returncode == 1, "the daemon does not hold the lock")
    os.kill(daemon, signal.SIGTERM)
    return job.wait_for(lambda: job.run(*lock, bare=True, check=False).stdout, "the lock")


@scenario("dpkg", "bash", does="start-stop-daemon: execs with a shell's 5, in the background with -C too; --stop", quick=True)
def start_stop_daemon(job):
    reader = job.write("reader", 'read -r line <&5; echo "$line by $(id -un)" >&6\n')
    job.write("daemon", f"#!/bin/sh\n. {reader}\nexec sleep 60\n", mode=0o755)
    job.directory.chmod(0o777)
    return job.run("bash", "-c", r"""
echo to nobody > f; echo to a daemon > g
start-stop-daemon -S -q -p none -c nobody -x /bin/sh -- "$PWD/reader" 5<f 6>&1
start-stop-daemon -S -b -C -m -p "$PWD/pid" -d "$PWD" -a "$PWD/daemon" -x /bin/sleep 5<g 6>said
until [ -s said ] && [ "$(cat "/proc/$(cat pid)/comm")" = sleep ]; do sleep 0.1; done; cat said
start-stop-daemon -K -q -R TERM/10 -p "$PWD/pid" -x /bin/sleep && echo stopped""").stdout
