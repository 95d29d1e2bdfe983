# SPDX-License-Identifier: Apache-2.0
"""Mail on its way: servers that execute themselves for each step, and what readers and filters start for a message."""
import os
import pathlib
import re
import signal

from programs.mail import read_mail, send, start_dovecot, unpack
from programs.news import OVERLAY
from programs.strangers import LIST, judge
from scenario import scenario

MESSAGE = """From sender@example Thu Jan  1 00:00:00 2026
From: sender@example
To: reader@example
Subject: {}

the body of {}

"""


def users(job, *names):
    """The users that a package would make."""
    for kind, line in (("passwd", "{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin\n"), ("group", "{0}:x:{1}:\n")):
        text = pathlib.Path(f"/etc/{kind}").read_text()
        job.write(f"over/etc/{kind}", text + "".join(line.format(name, 61000 + at) for at, name in enumerate(names)
                                                     if f"\n{name}:" not in text))


@scenario("python3", "dpkg", "apt", "util-linux", "libidn12", "libgnutls-dane0|libgnutls-dane0t64", "libnsl2", "libdb5.3|libdb5.3t64", seconds=180,
          does="exim executes itself for each delivery, and on SIGHUP; delivers to mbox and to a command, before and after")
def exim_reload(job):
    for package in ("exim4-daemon-light", "exim4-base"):
        unpack(job, package)  # it is a mail server, of which Debian allows one
    users(job, "Debian-exim")
    port = job.port()
    (job.directory / "given").mkdir()
    (job.directory / "given").chmod(0o777)
    program = job.write("command", LIST + f"""
import sys
print(len(found), "given", sys.stdin.read(), file=open("{job.directory}/given/command", "a"))
""", mode=0o755)
    job.write("over/etc/exim4/exim4.conf", f"""
primary_hostname = host.example
domainlist local_domains = example
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
log_file_path = /tmp/%slog
tls_advertise_hosts =
keep_environment = LD_PRELOAD
acl_smtp_rcpt = accept
begin acl
accept:
  accept
begin routers
program:
  driver = accept
  local_parts = program
  transport = command
local:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = {job.directory}/given/nobody
  user = nobody
  group = nogroup
command:
  driver = pipe
  command = {program}
  user = nobody
  group = nogroup
""")
    job.start("unshare", "--mount", "sh", "-ec", OVERLAY + """
mkdir -p /var/spool/exim4 /var/log/exim4
chown Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4
exec /usr/sbin/exim4 -bdf -q30m""")
    job.wait_for_port(port)
    daemon = next(pid for pid in job.processes() if open(f"/proc/{pid}/comm").read() == "exim4\n")
    for subject in ("first", "second"):
        for who in ("nobody", "program"):
            send(port, who, subject)
        for name in ("nobody", "command"):
            path = job.directory / "given" / name
            body = f"the body of {subject}"
            job.wait_for(lambda path=path, body=body: body in path.read_text(), f"{subject} in {name}")
        job.count([daemon])
        if subject == "first":
            image = pathlib.Path(f"/proc/{daemon}/auxv")  # has addresses that each exec chooses anew
            before = image.read_bytes()
            os.kill(daemon, signal.SIGHUP)
            job.wait_for(lambda: image.read_bytes() != before, "its second start")
            job.wait_for_port(port)
    return "\n".join(re.findall("^(?:Subject|the body).*", (job.directory / "given/command").read_text(), re.MULTILINE))


@scenario("python3", "dpkg", "apt", "util-linux", "libevent-2.1-7|libevent-2.1-7t64", "libdb5.3|libdb5.3t64", seconds=180,
          does="OpenSMTPD executes itself for each of its processes, joined at 3; a filter; delivers to Maildir and to a command")
def opensmtpd(job):
    unpack(job, "opensmtpd")  # likewise
    users(job, "opensmtpd", "opensmtpq")
    port = job.port()
    (job.directory / "given").mkdir()
    (job.directory / "given").chmod(0o777)
    program = job.write("command", f"#!/bin/sh\ncat >> {job.directory}/given/command\n", mode=0o755)
    job.write("filter", """#!/bin/sh
while read -r line; do
  [ "$line" = "config|ready" ] && break
done
echo "register|filter|smtp-in|mail-from"
echo "register|ready"
while IFS='|' read -r kind version time system phase session token rest; do
  [ "$kind" = filter ] && echo "filter-result|$session|$token|proceed"
  [ "$kind" = filter ] && echo seen >> given/filter
done
""".replace("given/filter", f"{job.directory}/given/filter"), mode=0o755)
    job.write("over/etc/smtpd.conf", f"""
table users {{ nobody = nobody, program = nobody }}
filter "seen" proc-exec "{job.directory}/filter" user nobody
listen on 127.0.0.1 port {port} filter "seen"
action "box" maildir "{job.directory}/given/box" virtual <users>
action "command" mda "{program}" virtual <users>
match from any for domain "example" rcpt-to "program@example" action "command"
match from any for domain "example" action "box"
""")
    job.start("unshare", "--mount", "sh", "-ec", OVERLAY + "exec /usr/sbin/smtpd -d")
    job.wait_for_port(port)
    for who in ("nobody", "program"):
        send(port, who, "first")
    job.wait_for(lambda: "the body of first" in (job.directory / "given/command").read_text(), "the command's message")
    job.wait_for(lambda: list((job.directory / "given/box/new").iterdir()), "the message in the box")
    job.count()
    seen = (job.directory / "given/filter").read_text()
    job.expect(seen == "seen\nseen\n", seen)


@scenario("mutt", "bsdutils", seconds=60,
          does="sends through a program; pipes a message; a filter in its index; a shell")
def mutt(job):
    sendmail = job.write("sendmail", "#!/bin/sh\necho to \"$@\" > sent\ncat >> sent\n", mode=0o755)
    rc = job.write("muttrc", f"set sendmail={sendmail}\nset from=a@example\nset copy=no\nset mbox_type=mbox\nset wait_key=no\n"
                   f"set folder={job.directory}\n"
                   "set crypt_use_gpgme=no\nset sendmail_wait=0\n")
    job.run("mutt", "-n", "-F", rc, "-s", "a subject", "b@example", input="the body\n")
    said = (job.directory / "sent").read_text()
    job.expect("the body" in said and "Subject: a subject" in said, said)
    box = job.write("box", MESSAGE.format("first", "first"))
    keys = "push '<pipe-message>cat>piped<enter><shell-escape>echo by a shell>shelled<enter><exit>'"
    job.run("script", "-qec", f"mutt -n -F {rc} -f {box} -e \"{keys}\"", "/dev/null",
            environment={"TERM": "xterm", "HOME": str(job.directory)}, timeout=40)
    return "".join((job.directory / name).read_text() for name in ("piped", "shelled"))


@scenario("procmail", "python3", seconds=60,
          does="a condition by a program, a filter, a locked box, a command; counted: what that got")
def procmail(job):
    job.write("command", LIST + f"""
import sys
sys.stdin.read()
print("all", *found, file=open("{job.directory}/out", "w"))
""", mode=0o755)
    rc = job.write("rc", f"""
MAILDIR={job.directory}
DEFAULT={job.directory}/box
LOGFILE={job.directory}/log-of-it
VERBOSE=yes
LOCKFILE=global.lock
:0fw
| sed s/body/changed/
:0Bc:
* ? grep -q changed
copies
:0ci
| {job.directory}/command
""")
    job.run("procmail", "-m", rc, input=MESSAGE.format("first", "first"))
    arrived = (job.directory / "out").read_text().split()[1:]
    job.most_inheritable = len(arrived)
    job.expect("LD_PRELOAD" not in job.environment or not arrived, f"arrived: {arrived}")
    said = "".join((job.directory / name).read_text() for name in ("box", "copies"))
    job.expect(said.count("the changed of first") == 2, said)
    return said


@scenario("fetchmail", "dovecot-imapd", "python3", seconds=90,
          does="--mda: hands a message by IMAP to a program; counted: what it got")
def fetchmail(job):
    port = job.port()
    start_dovecot(job, port)
    job.wait_for_port(port)
    read_mail(job, port, "first")
    job.write("mda", LIST + f"""
import sys
open("{job.directory}/message", "w").write(sys.stdin.read())
print("all", *found, file=open("{job.directory}/out", "w"))
""", mode=0o755)
    rc = job.write("rc", f"""poll 127.0.0.1 protocol imap port {port} auth password username reader password secret
  mda "{job.directory}/mda" sslproto '' keep fetchall
""", mode=0o600)
    job.run("fetchmail", "-f", rc, "--pidfile", job.directory / "pid", "-i", job.directory / "ids")
    message = (job.directory / "message").read_text()
    job.expect("Subject: first" in message, message)
    judge(job, (job.directory / "out").read_text().split()[1:])
