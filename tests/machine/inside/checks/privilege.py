# SPDX-License-Identifier: Apache-2.0
"""Who becomes somebody else."""
from check import check, expect, on_terminal, sh


@check
def su():
    return sh("su alice -c 'id -un; pwd; cat'", "its input\n")


@check
def su_with_a_login():
    return sh("su - alice -c 'id -un; pwd; shopt login_shell'")


@check
def su_with_a_terminal_of_its_own():
    return on_terminal("su --pty alice -c 'id -un; tty | tr -d 0-9'")


@check
def su_asks_for_a_password():
    return on_terminal("su alice -c 'exec su alice -c \"echo asked\"'", "secret\n", after="assword: ").splitlines()[-1]


@check
def runuser():
    return sh("runuser -u alice -- id -un; runuser -l alice -c pwd")


@check
def setpriv():
    return sh("setpriv --reuid=alice --regid=alice --init-groups --no-new-privs id -un")


@check
def sudo():
    return sh("su alice -c 'sudo id -un; sudo -u www-data id -un; sudo sh -c \"exit 4\"'", status=4)


@check
def sudo_on_a_terminal():
    return on_terminal("su alice -c 'sudo sh -c \"tty | tr -d 0-9; id -un\"'")


@check
def sudo_keeps_what_it_is_told_to():
    return sh("su alice -c 'sudo -C 6 cat <<<word; sudo -n -b true; sudo -l | grep -c NOPASSWD'")


@check
def sudo_records_what_is_shown():
    sh("su alice -c 'sudo echo recorded'")
    return sh("sudoreplay -d /var/log/sudo-io -l command echo | grep -c COMMAND=/usr/bin/echo")


@check
def sudoedit():
    return sh("echo one >/etc/edited; su alice -c 'EDITOR=\"sed -i s/one/two/\" sudoedit /etc/edited'; cat /etc/edited")


@check
def visudo():
    return sh("visudo -c -f /etc/sudoers.d/machine; EDITOR=true visudo")


@check
def pkexec_as_root():
    return sh("pkexec --user alice id -un")


@check
def pkexec_as_the_rules_allow():
    return sh("ssh alice@localhost 'pkexec sh -c \"id -un; cat\"'", "its input\n")


@check
def polkit_lets_a_user_start_a_service():
    return sh("ssh alice@localhost 'systemctl restart cron && systemctl is-active cron'")


@check
def polkit_refuses():
    said = sh("ssh alice@localhost 'pkcheck --action-id org.freedesktop.login1.reboot --process $$'", status=2)
    expect("authori" in said.lower(), said)


@check
def passwd():
    sh("echo alice:other | chpasswd && echo alice:secret | chpasswd")
    return sh("passwd -S alice | cut -d' ' -f1,2; getent passwd alice")


@check
def useradd():
    return sh("useradd -m carol && getent passwd carol | cut -d: -f1,6,7; userdel -r carol 2>/dev/null; "
              "getent passwd carol", status=2)
