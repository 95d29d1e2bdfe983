# SPDX-License-Identifier: Apache-2.0
"""Web servers, their helpers, and how they replace themselves."""
import concurrent.futures
import os
import pathlib

from check import check, expect, main_pid, settled, sh, wait_for

PAGE = "curl -sS --max-time 30 http://127.0.0.1:8080/"


@check
def nginx_serves():
    return sh(PAGE)


@check
def nginx_reloads():
    before = main_pid("nginx")
    text = sh(f"nginx -t 2>&1; systemctl reload nginx; {PAGE}")
    expect(main_pid("nginx") == before, "another master")
    return text


@check
def nginx_opens_its_logs_anew():
    sh("rm /var/log/nginx/access.log; nginx -s reopen")
    wait_for(lambda: pathlib.Path("/var/log/nginx/access.log").exists(), "the new log")
    return sh(f"{PAGE} && until grep -c 'GET / ' /var/log/nginx/access.log; do sleep 0.1; done")


@check
def nginx_replaces_its_program():
    old = main_pid("nginx")
    pid_file = pathlib.Path("/run/nginx.pid")
    os.kill(old, 12)  # SIGUSR2
    wait_for(lambda: pathlib.Path("/run/nginx.pid.oldbin").exists() and int(pid_file.read_text()) != old, "the new master")
    os.kill(old, 3)  # SIGQUIT
    wait_for(lambda: not pathlib.Path(f"/proc/{old}").exists(), "the old master's end")
    wait_for(lambda: main_pid("nginx") == int(pid_file.read_text()), "systemd to know the new one")
    return sh(f"{PAGE}; systemctl is-active nginx; systemctl reload nginx; {PAGE}")


@check
def php():
    return sh(f"{PAGE}program.php")


@check
def php_starts_programs_at_the_same_time():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return str(set(pool.map(lambda _: sh(f"{PAGE}program.php"), range(40))))


@check
def php_fpm_replaces_itself():
    unit = sh("systemctl list-units --plain --no-legend 'php*-fpm.service' | cut -d' ' -f1")
    before = main_pid(unit)
    text = sh(f"systemctl reload {unit}; {PAGE}program.php")
    expect(main_pid(unit) == before, "another master")
    return f"{text}\n{settled(unit)}"


@check
def php_at_the_command_line():
    return sh("php /srv/www/program.php")


@check
def apache_runs_cgi():
    return sh("curl -sS --data 'a form' localhost:8081/cgi-bin/program")


@check
def apache_restarts_gracefully():
    return sh("apachectl configtest 2>&1; systemctl reload apache2; curl -sS --data again localhost:8081/cgi-bin/program; "
              "systemctl is-active apache2")


@check
def apache_pipes_its_log():
    sh("""echo 'CustomLog "|/usr/bin/tee -a /var/log/apache2/piped" common' >/etc/apache2/conf-enabled/piped.conf
        systemctl restart apache2; curl -sS localhost:8081/piped >/dev/null""")
    wait_for(lambda: "GET /piped" in pathlib.Path("/var/log/apache2/piped").read_text(), "the line")
    return sh("systemctl is-active apache2")


@check
def haproxy_hands_on():
    return sh("curl -sS localhost:8082")


@check
def haproxy_replaces_itself():
    before = main_pid("haproxy")
    text = sh("for i in 1 2 3; do systemctl reload haproxy; curl -sS localhost:8082; done")
    expect(main_pid("haproxy") == before, "another master")
    return f"{text}\n{settled('haproxy')}"


@check
def squid_asks_its_helpers():
    proxy = "curl -sS --max-time 30 -x http://user:word@localhost:3128"
    return sh(f"{proxy} http://127.0.0.1:8080/; {proxy} http://127.0.0.1:8080/rewritten; "
              "curl -sS -o /dev/null -w '%{http_code}' -x http://localhost:3128 http://127.0.0.1:8080/")


@check
def squid_reconfigures():
    return sh("squid -k reconfigure 2>/tmp/log; "
              "until curl -sS --max-time 30 -x http://user:word@localhost:3128 http://127.0.0.1:8080/ 2>/dev/null; "
              "do sleep 0.2; done; systemctl is-active squid")


@check
def squid_rotates():
    sh("mv /var/log/squid/access.log /var/log/squid/access.log.1; squid -k rotate 2>/tmp/log")
    wait_for(lambda: pathlib.Path("/var/log/squid/access.log").exists(), "the new log")
    return sh("until curl -sS --max-time 30 -x http://user:word@localhost:3128 http://127.0.0.1:8080/rewritten 2>/dev/null; "
              "do sleep 0.2; done")
