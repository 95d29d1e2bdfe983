# SPDX-License-Identifier: Apache-2.0
"""Mail servers: one master opens all sockets, and gives each process that it starts those that it needs, by number."""
import email.message
import imaplib
import os
import re
import signal
import smtplib
import textwrap

from scenario import scenario

# Name, type, private, unprivileged, chroot, wake-up, process limit, program.
MASTER = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
local unix - n n - - local
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def under_test(job):
    """The variables that both masters must be told to let through, or else the rest of them runs bare."""
    return " ".join(sorted(set(job.environment) - set(job.bare_environment)))


def postfix_config(job, port):
    """An instance of its own, in the scenario's directory; mail to `program` goes to a command, other to mbox files."""
    job.write("postfix/master.cf", f"127.0.0.1:{port} inet n - n - - smtpd{MASTER}")
    job.write("aliases", f'program "|cat >> {job.directory}/given/command"\n')
    for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", "root"), ("given", "nobody")):
        (job.directory / name).mkdir()
        job.run("chown", owner, name, bare=True)
    job.write("postfix/main.cf", textwrap.dedent(f"""
        compatibility_level = 3.6
        queue_directory = {job.directory}/queue
        data_directory = {job.directory}/data
        mail_spool_directory = {job.directory}/mail
        myhostname = host.example
        mydestination = example
        mynetworks = 127.0.0.0/8
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        alias_maps = texthash:{job.directory}/aliases
        alias_database =
        local_recipient_maps =
        default_privs = nobody
        maillog_file = /dev/stdout
        import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE {under_test(job)}
        """))
    return job.directory / "postfix"


def send(port, recipient, subject):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "sender@example", f"{recipient}@example", subject
    message.set_content(f"the body of {subject}\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.send_message(message)


@scenario("postfix", does="takes mail by SMTP, delivers to mbox and to a command, before and after a reload")
def postfix_delivery(job):
    port = job.port()
    config = postfix_config(job, port)
    job.start("postfix", "-c", config, "start-fg")
    job.wait_for_port(port)
    for subject in ("first", "second"):
        send(port, "nobody", subject)
        send(port, "program", subject)
        for name in ("mail/nobody", "given/command"):
            path, body = job.directory / name, f"the body of {subject}\n"
            job.wait_for(lambda path=path, body=body: body in path.read_text(), f"{subject} in {name}")
        job.count()
        if subject == "first":
            job.run("postfix", "-c", config, "reload")
            job.wait_for(lambda: "reload" in job.log.read_text(), "the reload")
    said = (job.directory / "mail" / "nobody").read_text()
    troubles = [line for line in job.log.read_text().splitlines() if re.search("warning|error|fatal|panic", line)]
    job.expect(not troubles, "\n".join(troubles))
    return "\n".join(re.findall("^(?:Subject|the body|Delivered).*", said, re.MULTILINE))


def start_dovecot(job, port):
    job.write("users", "reader:secret\n")
    job.run("mkdir", "-m", "777", "home", bare=True)
    config = job.write("dovecot.conf", textwrap.dedent(f"""
        base_dir = {job.directory}/run
        state_dir = {job.directory}/state
        instance_name = {job.directory.name}
        log_path = /dev/stderr
        protocols = imap
        listen = 127.0.0.1
        ssl = no
        disable_plaintext_auth = no
        first_valid_uid = 1
        mail_location = maildir:{job.directory}/home/mail
        import_environment = TZ CORE_OUTOFMEM CORE_ERROR LISTEN_PID LISTEN_FDS NOTIFY_SOCKET {under_test(job)}
        passdb {{
          driver = passwd-file
          args = scheme=plain {job.directory}/users
        }}
        userdb {{
          driver = static
          args = uid=nobody gid=nogroup home={job.directory}/home
        }}
        service imap-login {{
          inet_listener imap {{
            port = {port}
          }}
          inet_listener imaps {{
            port = 0
          }}
        }}
        """))
    return job.start("/usr/sbin/dovecot", "-F", "-c", config)


def read_mail(job, port, subject):
    """Logs in, stores a message, finds it, and returns what the server says of the mailbox."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=20) as client:
        client.login("reader", "secret")
        client.append("INBOX", "", None, f"Subject: {subject}\r\n\r\nthe body\r\n".encode())
        client.select("INBOX")
        found = client.search(None, "SUBJECT", subject)[1][0].decode()
        text = client.fetch(found, "(BODY[TEXT])")[1][0][1].decode()
        job.count()
        return f"{subject} is number {found}: {text}"


@scenario("dovecot-imapd", does="an IMAP login stores, finds and reads a message, before and after a reload")
def dovecot_imap(job):
    port = job.port()
    master = start_dovecot(job, port)
    job.wait_for_port(port)
    said = read_mail(job, port, "first")
    os.kill(master.pid, signal.SIGHUP)
    job.wait_for(lambda: "SIGHUP" in job.log.read_text(), "the reload")
    said += read_mail(job, port, "second")
    troubles = [line for line in job.log.read_text().splitlines()
                if re.search("Warning|Error|Fatal|Panic", line) and "SIGHUP" not in line]
    job.expect(not troubles, "\n".join(troubles))
    return said


# Lays what unpack() left over the real folders, where nobody else sees it.
OVER = 'for folder in {}; do mount -t overlay -o lowerdir="over/$folder:/$folder" over "/$folder"; done'


def unpack(job, package):
    """A package that cannot be installed beside the others."""
    job.run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package, bare=True)
    job.run("dpkg-deb", "-x", *job.directory.glob(f"{package}_*.deb"), "over", bare=True)


@scenario("python3", "dpkg", "apt", "util-linux", seconds=180,
          does="nullmailer-send starts a module for each message, which it finds on descriptor 3")
def nullmailer(job):
    unpack(job, "nullmailer")  # it is a mail server, of which Debian allows one
    port = job.port()
    job.start("python3", "-u", "-W", "ignore", "-m", "smtpd", "-n", "-c", "DebuggingServer", f"127.0.0.1:{port}", bare=True)
    job.wait_for_port(port)
    for name, text in (("remotes", f"127.0.0.1 smtp --port={port}\n"), ("me", "host.example\n"), ("pausetime", "1\n")):
        job.write(f"over/etc/nullmailer/{name}", text)
    for name in ("queue", "tmp", "failed"):
        (job.directory / "spool" / name).mkdir(parents=True)
    os.mkfifo(job.directory / "spool/trigger")
    message = job.write("spool/queue/1.1", "a@example\nb@example\n\nFrom: a@example\nTo: b@example\n\nthe body\n")
    job.start("unshare", "--mount", "sh", "-ec", OVER.format("usr etc var/spool") + """
mount --bind spool /var/spool/nullmailer
exec nullmailer-send""")
    job.wait_for(lambda: "the body" in job.log.read_text(), "the message")
    job.wait_for(lambda: not message.exists(), "an empty queue")
    job.count()
