# SPDX-License-Identifier: Apache-2.0
"""What is done later."""
from check import check, read, sh, wait_for, write


@check
def a_timer():
    sh("systemd-run --quiet --on-active=100ms --timer-property=AccuracySec=1ms sh -c 'id -un >/run/timed'")
    return wait_for(lambda: read("/run/timed"), "the timer")


@check
def an_at_job():
    sh("su alice -c 'echo \"id -un >/tmp/at-was-here\" | at now 2>/dev/null'")
    return wait_for(lambda: read("/tmp/at-was-here"), "the job")


@check
def a_batch_job():
    return sh("echo true | at -q b noon tomorrow 2>&1 | sed 1d | cut -c1-3; atq | cut -f1 | xargs atrm; atq")


@check
def a_crontab():
    return sh("su alice -c 'echo \"0 0 1 1 * true\" | crontab -; EDITOR=/srv/machine/edit crontab -e 2>&1; crontab -l; "
              "crontab -r'")


@check
def run_parts():
    write("/etc/cron.daily/machine", "#!/bin/sh\necho daily\n", 0o755)
    return sh("run-parts --regex '^machine$' --report /etc/cron.daily")


@check
def logrotate():
    sh("logger -t machine before; until grep -q before /var/log/machine.log; do sleep 0.1; done")
    sh("logrotate --force /etc/logrotate.d/machine")
    # rsyslogd takes its signal when it comes round to it.
    sh("until grep -q after /var/log/machine.log 2>/dev/null; do logger -t machine after; sleep 0.1; done")
    return sh("grep -o 'machine: before' /var/log/machine.log.1; grep -o -m1 'machine: after' /var/log/machine.log")


@check
def logrotate_of_all():
    return sh("logrotate --force /etc/logrotate.conf 2>/tmp/log; systemctl is-active nginx rsyslog apache2 mariadb")
