# SPDX-License-Identifier: Apache-2.0
"""Mail, from sendmail, SMTP and cron to a mailbox, a program and IMAP."""
import imaplib
import smtplib

from check import check, read, sh, wait_for, write

BOX = "/var/mail/alice"


def subject_arrives(subject):
    wait_for(lambda: f"Subject: {subject}\n" in read(BOX), f"the mail {subject}")


@check
def sendmail():
    sh("sendmail alice", "Subject: by sendmail\n\ntext\n")
    subject_arrives("by sendmail")


@check
def mail():
    sh("echo text | mail -s 'by mail' root")
    subject_arrives("by mail")
    return sh("su alice -c 'echo headers | mail' | grep -c 'by mail'")


@check
def smtp():
    with smtplib.SMTP("localhost", 25, timeout=30) as server:
        server.sendmail("bob@machine.test", ["alice@localhost"], "Subject: by SMTP\n\ntext\n")
        answer = server.verify("alice")[0]
    subject_arrives("by SMTP")
    return str(answer)


@check
def mail_to_a_program():
    write("/etc/aliases", read("/etc/aliases") + 'program: "|/bin/sh -c \'grep Subject: >/tmp/mailed; id -un >>/tmp/mailed\'"\n')
    sh("newaliases; sendmail program", "Subject: to a program\n\ntext\n")
    wait_for(lambda: read("/tmp/mailed").count("\n") == 2, "the program")
    return read("/tmp/mailed")


@check
def mail_to_a_forward_file():
    write("/home/alice/.forward", '\\alice, "|/usr/bin/tee /home/alice/forwarded"\n')
    sh("chown alice: /home/alice/.forward; sendmail alice", "Subject: forwarded\n\ntext\n")
    subject_arrives("forwarded")
    wait_for(lambda: "Subject: forwarded\n" in read("/home/alice/forwarded"), "the program")
    sh("rm /home/alice/.forward")


@check
def imap():
    with imaplib.IMAP4("localhost", timeout=30) as server:
        server.login("alice", "secret")
        server.select("INBOX")
        found = server.search(None, "SUBJECT", '"by sendmail"')[1][0].split()
        text = server.fetch(found[0], "(BODY[TEXT])")[1][0][1]
    return f"{len(found)} {text}"


@check
def postfix_reloads():
    return sh("postfix reload 2>&1 | cut -d: -f3; postqueue -f; postconf -h mydestination | grep -c localhost; "
              "postfix status 2>/dev/null && echo runs")


@check
def dovecot_reloads():
    return sh("doveadm reload; until doveadm user -f home alice 2>/dev/null; do sleep 0.1; done; doveadm mailbox list -u alice")


@check
def cron_runs_a_job():
    wait_for(lambda: read("/tmp/cron-was-here"), "the cron job")
    return read("/tmp/cron-was-here")


@check
def cron_mails_what_a_job_says():
    wait_for(lambda: "a cron job speaks" in read(BOX), "cron's mail")
    return sh(f"grep -m1 'a cron job speaks$' {BOX}")


@check
def at_mails_what_a_job_says():
    sh("su alice -c 'echo echo an at job speaks | at now 2>/dev/null'")
    wait_for(lambda: "\nan at job speaks" in read(BOX), "at's mail")
