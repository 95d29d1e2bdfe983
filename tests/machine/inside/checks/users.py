# SPDX-License-Identifier: Apache-2.0
"""A user's own manager, which runs though nobody is logged in."""
from check import check, expect, read, sh, wait_for, write

USER = "--user --machine=alice@.host"
RUN = f"systemd-run {USER} --quiet --collect --pipe --wait"


@check
def the_user_manager_runs():
    # A session that has just ended may still be closing.
    wait_for(lambda: "State=lingering" in sh("loginctl show-user alice -p State"), "the end of sessions before")
    return sh(f"systemctl {USER} is-system-running --wait; loginctl show-user alice -p Linger")


@check
def the_user_manager_runs_a_command():
    return sh(f"{RUN} sh -c 'id -un; tr a-z A-Z; exit 3'", "its input\n", status=3)


@check
def the_user_has_a_bus():
    return sh(f"busctl {USER} call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.DBus.Peer Ping && "
              f"echo pong")


@check
def a_socket_of_the_user():
    write("/home/alice/.config/systemd/user/echo.socket", "[Socket]\nListenStream=%t/echo\nAccept=yes\n")
    write("/home/alice/.config/systemd/user/echo@.service", "[Service]\nStandardInput=socket\nExecStart=/usr/bin/head -n 1\n")
    return sh(f"""systemctl {USER} daemon-reload; systemctl {USER} start echo.socket
        python3 -c 'import socket
    s = socket.socket(socket.AF_UNIX); s.connect("/run/user/1000/echo"); s.sendall(b"word\\n"); print(s.recv(9).decode().strip())'
        systemctl {USER} stop echo.socket""".replace("\n    s =", "\ns ="))


@check
def a_timer_of_the_user():
    sh(f"systemd-run {USER} --quiet --on-active=100ms --timer-property=AccuracySec=1ms sh -c 'echo in time >/home/alice/timed'")
    return wait_for(lambda: read("/home/alice/timed"), "the user's timer")


@check
def the_user_manager_reexecs():
    sh(f"systemd-run {USER} --quiet --unit=stays sleep infinity")
    before = sh(f"systemctl {USER} show --value -p MainPID stays")
    sh(f"systemctl {USER} daemon-reexec")
    wait_for(lambda: sh(f"systemctl {USER} is-active stays") == "active", "the manager")
    expect(before == sh(f"systemctl {USER} show --value -p MainPID stays"), "it was restarted")
    return sh(f"systemctl {USER} stop stays; ! systemctl {USER} is-active stays")
