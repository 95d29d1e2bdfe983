# SPDX-License-Identifier: Apache-2.0
"""What else servers run."""
from check import check, read, sh, wait_for


@check
def rsyslog_writes():
    sh("logger -t machine to rsyslog")
    for file in ("machine.log", "syslog"):
        wait_for(lambda file=file: "machine: to rsyslog\n" in read(f"/var/log/{file}"), f"the line in {file}")


@check
def rsyslog_feeds_a_program():
    sh("logger -t machine to a program")
    wait_for(lambda: "to a program" in read("/var/log/machine.omprog"), "the line")


@check
def the_journal():
    sh("logger -t machine to the journal; echo from a pipe | systemd-cat -t machine")
    sh("journalctl --sync; journalctl --flush")
    return sh("journalctl -o cat -t machine | grep -E 'to the journal|from a pipe'; journalctl --rotate; "
              "journalctl --verify --quiet 2>&1 | grep -c FAIL", status=1)


@check
def supervisor():
    return sh("""until supervisorctl status | grep -q RUNNING; do sleep 0.2; done
        supervisorctl restart sleeper; supervisorctl tail sleeper | sort -u
        supervisorctl reread; supervisorctl update; supervisorctl status | awk '{ print $1, $2 }'""")


@check
def supervisor_restarts_itself():
    return sh("supervisorctl reload; until supervisorctl status 2>/dev/null | grep -q RUNNING; do sleep 0.2; done; "
              "supervisorctl status | awk '{ print $1, $2 }'")


@check
def fail2ban():
    sh("fail2ban-client set machine banip 192.0.2.1")
    wait_for(lambda: "ban 192.0.2.1" in read("/var/log/machine.bans"), "the ban")
    return sh("fail2ban-client status machine | grep -o 'Banned IP list:.*'; fail2ban-client reload 2>/dev/null; "
              "fail2ban-client ping")


@check
def ps_and_lsof():
    return sh("ps -C cron -o comm=; lsof -t -i :8080 >/dev/null && echo seen; fuser 8080/tcp >/dev/null 2>&1 && echo used; "
              "pgrep -c -x cron")


@check
def compilers_of_text():
    return sh("echo words | gzip | zcat | sort | tee >(cat >/dev/null) | tr a-z A-Z; exec 7</etc/hostname; cat <&7; "
              "diff <(echo a) <(echo a) && echo same")


@check
def locks():
    return sh("""exec 9>/run/lock/machine; flock -n 9 && echo got
        flock -n /run/lock/machine true || echo held; exec 9>&-; flock -n /run/lock/machine echo free""")


@check
def a_backup():
    return sh("tar -C /srv -czf /tmp/backup.tgz www; tar -tzf /tmp/backup.tgz | sort; "
              "tar -C /tmp -xzf /tmp/backup.tgz --to-command=cat www/index.html; "
              "find /srv/www -name '*.html' -print0 | xargs -0 cat")
