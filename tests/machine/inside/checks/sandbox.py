# SPDX-License-Identifier: Apache-2.0
"""What a unit forbids stays forbidden, and what it allows works."""
from check import check, expect, sh

RUN = "systemd-run --quiet --collect --pipe --wait"


@check
def a_dynamic_user():
    return sh(f"{RUN} -p DynamicUser=yes --unit=dynamic -p StateDirectory=dynamic sh -c 'id -un; "
              f"echo kept >$STATE_DIRECTORY/file; "
              "cat /var/lib/dynamic/file; touch /etc/x || echo no'")


@check
def a_private_tmp():
    return sh(f"touch /tmp/outside; {RUN} -p PrivateTmp=yes sh -c 'ls /tmp; touch /tmp/inside; ls /tmp'; "
              f"ls /tmp/inside", status=2)


@check
def no_exec_paths():
    said = sh(f"{RUN} -p NoExecPaths=/ -p ExecPaths='/usr/bin/dash /bin/sh /usr/lib /lib /lib64' sh -c 'echo runs; /usr/bin/id; "
              f"exit 0'")
    expect("ermission denied" in said, said)
    return said


@check
def a_protected_system():
    return sh(f"{RUN} -p ProtectSystem=strict -p ProtectHome=yes -p ReadWritePaths=/srv sh -c 'touch /etc/x; "
              f"touch /srv/x && ls /srv/x; ls /home'")


@check
def no_writable_and_executable_memory():
    return sh(f"{RUN} -p MemoryDenyWriteExecute=yes -p LockPersonality=yes python3 -c 'print(1)'")


@check
def a_filter_of_system_calls():
    return sh(f"{RUN} -p SystemCallFilter=@system-service -p SystemCallFilter=~@resources -p SystemCallArchitectures=native "
              "sh -c 'id -un; ls -d /etc'")


@check
def a_filter_that_answers_with_an_error():
    return sh(f"{RUN} -p SystemCallFilter='~memfd_create socket' -p SystemCallErrorNumber=EPERM python3 -c "
              "'import socket\ntry: socket.socket()\nexcept OSError as error: print(error)'")


@check
def restricted_address_families():
    return sh(f"{RUN} -p RestrictAddressFamilies=AF_UNIX python3 -c "
              "'import socket\nsocket.socket(socket.AF_UNIX)\ntry: socket.socket()\nexcept OSError as error: print(error)'")


@check
def restricted_files():
    return sh(f"{RUN} -p LimitNOFILE=20 bash -c 'ulimit -n; for i in {{10..30}}; do eval \"exec $i</dev/null\" || break; "
              f"done 2>/dev/null; "
              "ls /proc/self/fd >/dev/null && echo listed'")


@check
def a_private_network():
    return sh(f"{RUN} -p PrivateNetwork=yes ip -brief link | cut -c1-3")


@check
def another_root():
    sh("mkdir -p /srv/empty")
    return sh(f"{RUN} -p RootDirectory=/srv/empty -p 'BindReadOnlyPaths=/usr /bin /lib /lib64 /srv/www' sh -c 'ls /; "
              f"cat /srv/www/index.html'")


@check
def hidden_folders():
    return sh(f"{RUN} -p BindReadOnlyPaths=/srv/www:/mnt -p InaccessiblePaths=/srv/repository sh -c 'cat /mnt/index.html; "
              f"ls /srv/repository; stat -c %a /srv/repository'")


@check
def all_that_is_advised():
    return sh(f"{RUN} -p PrivateDevices=yes -p ProtectKernelTunables=yes -p ProtectControlGroups=yes -p RestrictSUIDSGID=yes "
              "-p NoNewPrivileges=yes -p CapabilityBoundingSet= -p ProtectProc=invisible -p RestrictNamespaces=yes -p "
              "RestrictRealtime=yes "
              "-p UMask=0077 -p User=alice sh -c 'id -un; ls /dev; umask; touch /home/alice/f; stat -c %a /home/alice/f'")


@check
def the_sandbox_of_redis():
    """NoExecPaths=/ with few exceptions: where a library may lie is what these say."""
    return sh("systemctl show -p NoExecPaths -p ExecPaths redis-server; systemctl is-active redis-server")


@check
def a_namespace():
    return sh("unshare --mount --pid --fork --mount-proc sh -c 'echo $$; mount -t tmpfs none /mnt; findmnt -n -o FSTYPE /mnt'")


@check
def a_chroot():
    return sh("chroot / id -un; chroot --userspec=alice / id -un")
