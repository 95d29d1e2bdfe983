# SPDX-License-Identifier: Apache-2.0
"""Packages that come and are replaced while the machine runs."""
from check import check, on_terminal, read, sh, wait_for

APT = "DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a apt-get -qq -y -o Dpkg::Use-Pty=0"


def quiet(command):
    return sh(f"{command} >/tmp/log 2>&1 || {{ cat /tmp/log; exit 1; }}")


@check
def apt_update():
    return sh("apt-get update 2>&1 | grep -cE '^(W|E):'", status=1) + sh("apt-cache policy machine-first | sed -n 2,3p")


@check
def apt_upgrade():
    quiet(f"{APT} install machine-first")
    wait_for(lambda: "2" == sh("journalctl -o cat -u machine-first | grep -x 2 | tail -n 1"), "the new service")
    return sh("dpkg-query -W -f '${Version} ${Status}' machine-first; cat /etc/machine-first.word; "
              "systemctl is-active machine-first")


@check
def unattended_upgrades():
    quiet("unattended-upgrade -v")
    return sh("dpkg-query -W -f '${Version} ${Status}' machine-second; systemctl is-active machine-second")


@check
def debconf_asks():
    quiet("echo machine-first machine-first/word string told | debconf-set-selections; "
          "dpkg-reconfigure -f noninteractive machine-first")
    return read("/etc/machine-first.word") + sh("debconf-show machine-first")


@check
def debconf_asks_on_a_terminal():
    on_terminal("DEBIAN_FRONTEND=readline TERM=dumb dpkg-reconfigure -p low machine-first", "typed\n", after="word?")
    return read("/etc/machine-first.word")


@check
def apt_installs_from_debian():
    quiet("dpkg --install /srv/hello_*.deb")
    return sh("hello; dpkg --verify hello && echo verified")


@check
def a_server_is_configured_anew():
    quiet("dpkg-reconfigure -f noninteractive openssh-server; dpkg-reconfigure -f noninteractive tzdata")
    return sh("ssh alice@localhost echo still here; systemctl is-active ssh")


@check
def apt_removes():
    quiet(f"{APT} purge machine-second hello")
    return sh("! dpkg-query -W machine-second 2>&1; systemctl is-active machine-second", status=3)


@check
def triggers():
    quiet("dpkg-trigger --no-await ldconfig && dpkg --configure --pending && ldconfig")
    return sh("dpkg --audit; ldconfig -p | grep -c 'libc.so.6 '")
