# SPDX-License-Identifier: Apache-2.0
"""Who is called what."""
from check import check, sh


@check
def resolved():
    return sh("resolvectl query --legend=no localhost machine.test 2>&1 | sed 's/ *-- .*//'; "
              "resolvectl status >/dev/null && echo a status")


@check
def resolved_restarts():
    return sh("systemctl restart systemd-resolved; resolvectl query --legend=no localhost 2>&1 | sed 's/ *-- .*//'; "
              "dig +short @127.0.0.53 localhost")


@check
def named():
    return sh("dig +short @127.0.0.1 www.machine.test; dig +short +tcp @127.0.0.1 www.machine.test")


@check
def named_reloads():
    return sh("sed -i s/192.0.2.7/192.0.2.8/ /etc/bind/machine.test; rndc reload >/dev/null; systemctl reload named; "
              "until dig +short @127.0.0.1 www.machine.test | grep 192.0.2.8; do sleep 0.1; done; rndc status | tail -n 1")


@check
def getent():
    return sh("getent hosts machine.test | tr -s ' '; getent ahosts localhost | head -n 1 | tr -s ' '; getent passwd root; "
              "getent services ssh")
