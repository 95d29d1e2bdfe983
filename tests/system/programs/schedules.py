# SPDX-License-Identifier: Apache-2.0
"""What waits for a time, a file or a download, and runs a command then."""
import time

from programs.daemons import nothing_arrived
from programs.strangers import LIST
from scenario import scenario


def note(job):
    """A program that appends what it was given above 2 to the file `given`."""
    (job.directory / "notes").mkdir()
    (job.directory / "notes").chmod(0o777)
    return job.write("note", LIST + f'print("given", *found, file=open("{job.directory}/notes/given", "a"))\n', mode=0o755)


def noted(job, times=1):
    notes = job.directory / "notes/given"
    said = job.wait_for(lambda: (text := notes.read_text()).count("given") >= times and text, "the command", timeout=100)
    nothing_arrived(job, [word for line in said.splitlines() for word in line.split()[1:]])


@scenario("aria2", "python3", seconds=60, does="a hook at a download's end; counted: what it got")
def aria2(job):
    port = job.port()
    program = note(job)
    job.write("www/file", "content\n")
    job.start("python3", "-m", "http.server", "--bind", "127.0.0.1", "-d", "www", port, bare=True)
    job.wait_for_port(port)
    job.run("aria2c", "-q", "--no-conf", "-d", "got", "--on-download-complete", program, f"http://127.0.0.1:{port}/file")
    noted(job)
    return (job.directory / "got/file").read_text()


@scenario("cron", "python3", "util-linux", seconds=150,
          does="runs a job of a user's table within a minute; counted: what it got")
def cron(job):
    job.write("tabs/root", f"* * * * * {note(job)}\n", mode=0o600)
    job.start("unshare", "--mount", "sh", "-ec", """
mount --bind tabs /var/spool/cron/crontabs
mkdir empty
mount --bind empty /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs none /run
exec cron -f""")
    noted(job)
    job.count()


@scenario("at", "python3", "util-linux", seconds=150, does="atd runs a job; counted: what it got")
def at(job):
    job.write("spool/.SEQ", "0\n")
    for name in ("jobs", "spool"):
        (job.directory / name).mkdir(exist_ok=True)
        job.run("chown", "-R", "daemon:daemon", name, bare=True)
    job.start("unshare", "--mount", "sh", "-ec", f"""
mkdir -p /var/spool/cron/atjobs /var/spool/cron/atspool
mount --bind jobs /var/spool/cron/atjobs
mount --bind spool /var/spool/cron/atspool
mount -t tmpfs none /run
touch /var/spool/cron/atjobs/.SEQ
chown daemon:daemon /var/spool/cron/atjobs/.SEQ
echo {note(job)} | at now
exec atd -f""")
    noted(job)
    job.count()


@scenario("entr", "python3", seconds=60,
          does="runs a command when a file changes; -r ends and restarts it; counted: what it got")
def entr(job):
    program = note(job)
    watched = job.write("watched", "1\n")
    job.write("list", f"{watched}\n")
    with open(job.directory / "list", "rb") as listed:
        job.start("entr", "-n", "-r", program, stdin=listed)
    noted(job)
    end = time.monotonic() + 30
    while (job.directory / "notes/given").read_text().count("given") < 2 and time.monotonic() < end:
        watched.write_text("2\n")
        time.sleep(0.3)
    job.count()
    noted(job, 2)


@scenario("incron", "python3", "util-linux", seconds=60,
          does="runs a command when a file is written; counted: what it got")
def incron(job):
    program = note(job)
    (job.directory / "watched").mkdir()
    job.write("tables/watched", f"{job.directory}/watched IN_CLOSE_WRITE {program}\n", mode=0o600)
    job.start("unshare", "--mount", "sh", "-ec", """
mount --bind tables /etc/incron.d
mount -t tmpfs none /run
exec incrond -n""")
    end = time.monotonic() + 30
    while not (job.directory / "notes/given").exists() and time.monotonic() < end:
        (job.directory / "watched/file").write_text("text")
        time.sleep(0.3)
    noted(job)
    job.count()


@scenario("lsyncd", "rsync", "lua5.3", seconds=90,
          does="starts rsync for what changes, many times; what it keeps at hand")
def lsyncd(job):
    (job.directory / "from").mkdir()
    config = job.write("lsyncd.lua", f"""
settings {{ nodaemon = true, logfile = "{job.directory}/lsyncd.log", pidfile = "{job.directory}/pid" }}
sync {{ default.rsync, source = "{job.directory}/from", target = "{job.directory}/to", delay = 1 }}
""")
    job.start("lsyncd", config)
    for number in (1, 2):
        job.wait_for((job.directory / "to").is_dir, "the first copy")
        job.write(f"from/{number}", f"text {number}\n")
        job.wait_for(lambda number=number: (job.directory / f"to/{number}").read_text(), "the copy")
    job.count()


@scenario("duplicity", "gnupg", seconds=120,
          does="a backup through gpg, to which it tells five numbers, and its restoration")
def duplicity(job):
    job.write("from/file", "to be kept\n")
    (job.directory / "home").mkdir(mode=0o700)
    around = {"PASSPHRASE": "secret", "HOME": str(job.directory / "home"), "GNUPGHOME": str(job.directory / "home")}
    store, words = f"file://{job.directory}/store", ("--archive-dir", job.directory / "archive", "--no-print-statistics")
    job.run("duplicity", "full", *words, job.directory / "from", store, environment=around, timeout=100)
    job.expect(any(path.suffix == ".gpg" for path in (job.directory / "store").iterdir()), "nothing is encrypted")
    job.run("duplicity", "restore", *words, store, job.directory / "back", environment=around, timeout=100)
    return (job.directory / "back/file").read_text()
