# SPDX-License-Identifier: Apache-2.0
"""What systemd starts, how it is told that something is ready, and what it keeps."""
from check import check, expect, main_pid, on_terminal, read, sh, wait_for, write

RUN = "systemd-run --quiet --collect"


def unit(name, *lines):
    write(f"/run/systemd/system/{name}", "\n".join(lines) + "\n")
    sh("systemctl daemon-reload")


@check
def the_system_runs():
    sh("systemctl is-system-running | grep -E 'running|degraded'")
    return sh("systemctl --failed --plain --no-legend | cut -d' ' -f1")


@check
def run_by_a_pipe():
    return sh(f"{RUN} --pipe --wait sh -c 'id -un; tr a-z A-Z; exit 3'", "its input\n", status=3)


@check
def run_on_a_terminal():
    return on_terminal(f"{RUN} --pty --wait sh -c 'tty | tr -d 0-9; echo shown'")


@check
def run_a_login_shell():
    shown = on_terminal(f"{RUN} --pty --wait -p PAMName=login -p User=alice bash -lc 'id -un; echo $XDG_RUNTIME_DIR | tr -d 0-9'")
    return shown


@check
def run_in_a_scope():
    return sh(f"{RUN} --scope --unit=checked.scope sh -c 'cat; grep -o checked.scope /proc/self/cgroup'", "its input\n")


@check
def run_in_a_slice():
    return sh(f"{RUN} --wait --pipe --slice=checked.slice -p MemoryMax=100M sh -c 'grep -o checked.slice /proc/self/cgroup'")


@check
def a_service_gets_files():
    write("/run/words", "words\n")
    sh(f"{RUN} --wait -p StandardInput=file:/run/words -p StandardOutput=append:/run/appended -p StandardError=null "
       "sh -c 'cat; echo lost >&2'")
    return read("/run/appended")


@check
def a_service_gets_text():
    unit("text.service", "[Service]", "Type=oneshot", "StandardInputText=given", "StandardOutput=file:/run/text", "ExecStart=/bin/cat")
    return sh("systemctl start text; cat /run/text")


@check
def a_service_gets_credentials():
    return sh(f"{RUN} --pipe --wait -p SetCredential=word:hidden sh -c 'cat $CREDENTIALS_DIRECTORY/word'")


@check
def a_service_forks():
    unit("forking.service", "[Service]", "Type=forking", "PIDFile=/run/forking.pid",
         "ExecStart=/bin/sh -c 'sleep infinity & echo $! >/run/forking.pid'")
    sh("systemctl start forking")
    expect(main_pid("forking") == int(read("/run/forking.pid")), "another process")
    return sh("systemctl is-active forking; systemctl stop forking; systemctl is-active forking", status=3)


@check
def a_service_notifies():
    unit("notify.service", "[Service]", "Type=notify", "NotifyAccess=all",
         "ExecStart=/bin/sh -c 'systemd-notify --ready --status=\"all is well\"; exec sleep infinity'")
    return sh("systemctl start notify; systemctl show -p StatusText -p SubState notify; systemctl stop notify")


@check
def a_service_has_a_watchdog():
    unit("watched.service", "[Service]", "Type=notify", "NotifyAccess=all", "WatchdogSec=2", "WatchdogSignal=SIGTERM",
         "ExecStart=/bin/sh -c 'systemd-notify --ready; exec sleep infinity'")
    sh("systemctl start watched")
    wait_for(lambda: "Result=watchdog" in sh("systemctl show -p Result watched"), "the watchdog")
    return sh("systemctl show -p Result watched; systemctl reset-failed watched")


@check
def a_service_restarts():
    unit("again.service", "[Service]", "Restart=always", "RestartSec=0", "ExecStart=/bin/sleep infinity")
    sh("systemctl start again; systemctl kill -s KILL again")
    wait_for(lambda: sh("systemctl show --value -p NRestarts again") == "1", "its restart")
    return sh("systemctl is-active again; systemctl stop again")


@check
def a_service_reloads():
    unit("reloaded.service", "[Service]", "ExecStart=/bin/sleep infinity", "ExecReload=/bin/sh -c 'echo reloaded >/run/reloaded'")
    sh("systemctl start reloaded; systemctl reload reloaded; systemctl stop reloaded")
    return read("/run/reloaded")


@check
def a_service_runs_before_and_after():
    unit("around.service", "[Service]", "Type=oneshot", "ExecStartPre=/bin/sh -c 'echo before >/run/around'",
         "ExecStart=/bin/sh -c 'echo at >>/run/around'", "ExecStartPost=/bin/sh -c 'echo after >>/run/around'",
         "ExecStopPost=/bin/sh -c 'echo stopped $SERVICE_RESULT >>/run/around'")
    sh("systemctl start around")
    return read("/run/around")


@check
def a_service_keeps_descriptors():
    unit("keeper.service", "[Service]", "Type=notify", "FileDescriptorStoreMax=4", "ExecStart=/srv/machine/keeper /run/keeper")
    texts = []
    for verb in ("start", "restart", "restart"):
        sh(f"systemctl {verb} keeper")
        texts.append(read("/run/keeper"))
    expect(texts == ["none", *2 * ["1 memory: what was kept"]], texts)
    return sh("systemctl show -p NFileDescriptorStore keeper")


@check
def kept_descriptors_survive_a_reexec():
    sh("systemctl daemon-reexec; systemctl restart keeper")
    expect("what was kept" in read("/run/keeper"), read("/run/keeper"))
    return read("/run/keeper") + sh("systemctl stop keeper")


@check
def services_survive_a_reload_and_a_reexec():
    before = [main_pid(unit) for unit in ("cron", "nginx", "ssh", "rsyslog")]
    sh("systemctl daemon-reload; systemctl daemon-reexec; systemctl daemon-reload")
    expect(before == [main_pid(unit) for unit in ("cron", "nginx", "ssh", "rsyslog")], "a service was restarted")
    return sh("systemctl is-active cron nginx ssh rsyslog")


@check
def tmpfiles():
    return sh("rm -f /run/machine.file; systemd-tmpfiles --create; stat -c '%U %a' /run/machine.file; cat /run/machine.file")


@check
def sysusers():
    write("/etc/sysusers.d/machine.conf", "u machine-user - \"A user\" /\n")
    return sh("systemd-sysusers; getent passwd machine-user | cut -d: -f1,5,6")


@check
def a_mount_unit():
    unit("srv-mounted.mount", "[Mount]", "What=tmpfs", "Where=/srv/mounted", "Type=tmpfs")
    return sh("systemctl start srv-mounted.mount; findmnt -n -o FSTYPE /srv/mounted; systemctl stop srv-mounted.mount")


@check
def a_path_unit():
    unit("seen.path", "[Path]", "PathExists=/run/to-be-seen")
    unit("seen.service", "[Service]", "Type=oneshot", "ExecStart=/bin/mv /run/to-be-seen /run/was-seen")
    sh("systemctl start seen.path; touch /run/to-be-seen")
    wait_for(lambda: read("/run/was-seen") == "", "the service of the path")
    return sh("systemctl stop seen.path; ls /run/was-seen")


@check
def a_generator_and_an_environment_file():
    write("/run/environment", "WORD=from a file\n")
    return sh(f"{RUN} --pipe --wait -p EnvironmentFile=/run/environment sh -c 'echo $WORD'; "
              f"systemctl show-environment | grep ^PATH=")


@check
def the_bus_answers():
    return sh("busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner s "
              "org.freedesktop.login1; "
              "busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "
              "Virtualization")


@check
def hostnamectl():
    return sh("hostnamectl set-hostname renamed; hostnamectl hostname; hostname; hostnamectl set-hostname machine; hostname")


@check
def timedatectl():
    return sh("timedatectl set-timezone Europe/Berlin; timedatectl show -p Timezone; timedatectl set-timezone Etc/UTC; "
              "timedatectl show -p Timezone")


@check
def an_inhibitor():
    return sh("systemd-inhibit --what=sleep --who=checks --why=because systemd-inhibit --list --no-legend | grep -c because")
