# SPDX-License-Identifier: Apache-2.0
"""The system's own services start anew, and nobody loses what they had."""
from check import check, expect, main_pid, read, sh, wait_for
from checks.units import unit


@check
def the_journal_restarts_and_its_streams_stay():
    unit("talker.service", "[Service]", "ExecStart=/bin/sh -c 'while :; do echo turn $$((turn += 1)); sleep 0.1; done'")
    sh("systemctl start talker")
    before = main_pid("talker")
    wait_for(lambda: sh("journalctl -o cat -u talker | grep -c turn") != "0", "its first lines")
    sh("systemctl restart systemd-journald")
    last = lambda: int(sh("journalctl -o cat -u talker | grep turn | tail -n 1 | cut -d' ' -f2"))  # noqa: E731
    here = last()
    wait_for(lambda: last() > here + 5, "more lines")
    expect(main_pid("talker") == before, "it was restarted")
    return sh("systemctl is-active talker; systemctl stop talker; systemctl is-active systemd-journald; "
              "journalctl -u talker | grep -ci missed", status=1)


@check
def logind_restarts_and_its_sessions_stay():
    sh("ssh -f -N -M -S /run/session alice@localhost; "
       "ssh -S /run/session alice@localhost 'sleep infinity' </dev/null >/dev/null 2>&1 & sleep 0.1")
    before = sh("loginctl list-sessions --no-legend | awk '$3 == \"alice\" { print $1 }'")
    expect(before, "no session")
    sh("systemctl restart systemd-logind")
    after = sh("loginctl list-sessions --no-legend | awk '$3 == \"alice\" { print $1 }'")
    expect(before == after, f"{before} and then {after}")
    return sh("ssh -S /run/session -O exit alice@localhost 2>&1; "
              "ssh alice@localhost 'loginctl show-session $XDG_SESSION_ID -p State'")


@check
def sshd_reloads_and_restarts():
    return sh("""ssh -f -N -M -S /run/kept alice@localhost
        systemctl reload ssh; until ssh alice@localhost echo after a reload 2>/dev/null; do sleep 0.1; done
        systemctl restart ssh; ssh alice@localhost echo after a restart
        ssh -S /run/kept alice@localhost echo the old connection; ssh -S /run/kept -O exit alice@localhost 2>&1""")


@check
def the_bus_reloads():
    return sh("systemctl reload dbus; busctl list --no-legend | grep -c '^org.freedesktop.systemd1 '")


@check
def polkit_restarts():
    return sh("systemctl restart polkit; ssh alice@localhost 'pkexec id -un'")


@check
def udev_and_timesync_are_as_they_were():
    return sh("systemctl is-active systemd-udevd systemd-timesyncd dbus polkit; true")


@check
def everything_restarts():
    units = "cron atd rsyslog nginx apache2 haproxy redis-server postfix dovecot named memcached supervisor fail2ban inetd rsync"
    return sh(f"systemctl restart {units}; systemctl is-active {units}")


@check
def squid_restarts():
    return sh("systemctl restart squid; "
              "until curl -sS --max-time 30 -x http://user:word@localhost:3128 http://127.0.0.1:8080/ 2>/dev/null; "
              "do sleep 0.2; done; systemctl is-active squid")


@check
def nothing_was_killed():
    """By a signal that says that something is broken."""
    sh("journalctl --sync")
    return sh("journalctl -b -o cat | grep -E 'code=dumped|status=(6/ABRT|11/SEGV|4/ILL|7/BUS|31/SYS)|segfault' | sort | uniq -c")


@check
def the_loader_and_the_library_say_nothing():
    return sh("journalctl -b -o cat | grep -E 'cannot be preloaded|^cloexec: ' || true")


@check
def no_unit_has_failed():
    return sh("systemctl --failed --plain --no-legend | awk '{ print $1 }' | sort")
