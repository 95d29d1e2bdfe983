# SPDX-License-Identifier: Apache-2.0
"""Tests that are installed as gnome-desktop-testing-runner(1) finds them: a .test file says what to execute."""
import configparser
import functools
import pathlib
import re
import shlex

from suite import Program, Suite, by_status, tap

ROOT = pathlib.Path("/usr/share/installed-tests")
# What has a process, a socket, a bus, a file or a loop that waits for them; the others compute.
GLIB_CHOSEN = ["application-command-line*", "appmonitor*", "async-*-stream*", "cancellable*", "contexts*", "converter-stream*", "credentials*",
               "dbus-appinfo*", "debugcontroller*", "dir.test", "file.test", "fileutils*", "g-file*", "gapplication*", "gdbus-*", "giomodule*",
               "gnotification*", "gsocket*", "gsubprocess*", "io-*", "mainloop*", "mappedfile*", "memory-monitor-dbus*", "module-test-*",
               "network-*", "pollable*", "proxy-test*", "resources*", "simple-proxy*", "sleepy-stream*", "socket*", "spawn-*", "stream-rw_all*",
               "task*", "testfilemonitor*", "testing*", "timeout*", "unix*", "utils*"]
# What has a server, a helper or a lock; the others have files, and take an hour.
OSTREE_CHOSEN = ["test-admin-locking*", "test-concurrency*", "test-delta*", "test-gpg*", "test-help*", "test-pull*", "test-rofiles*",
                 "test-signed*", "test-switchroot*"]
# What runs programs; the others have repositories, in as many variants.
FLATPAK_CHOSEN = ["test-auth*", "test-context*", "test-exports*", "test-http*", "test-info@user*", "test-instance*", "test-portal*",
                  "test-run@user,nodeltas*", "test-run-custom@user*", "test-seccomp*", "testcommon*", "testlibrary*"]


def programs_of(*folders, chosen=("*",)):
    def programs():
        files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.test"))]
        return [program(file) for file in files if any(map(file.match, chosen))]
    return programs


read_tap = functools.partial(tap, changing=re.compile(r"(?<=seed:)\d+|(?<=/test-flatpak-)\w+"))


def program(file):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(file)
    test = parser["Test"]
    return Program(file.relative_to(ROOT).as_posix().removesuffix(".test"),
                   ["dbus-run-session", "--", *shlex.split(test["Exec"])],
                   read_tap if test.get("Output") == "TAP" else by_status)


SUITES = [
    Suite("glib", "GLib: spawn, GSubprocess, sockets, D-Bus", ["libglib2.0-tests", "dbus", "dbus-daemon"],
          programs_of("glib", chosen=GLIB_CHOSEN)),
    Suite("dbus", "D-Bus: its daemon, services started by it, descriptors passed", ["dbus-tests", "dbus"],
          programs_of("dbus", "dbus-debug-build")),
    Suite("gjs", "GNOME's JavaScript: GSubprocess and D-Bus, its debugger", ["gjs-tests", "dbus"], programs_of("gjs")),
    Suite("ostree", "OSTree: locks, helpers, servers of its own", ["ostree-tests", "dbus"],
          programs_of("libostree", chosen=OSTREE_CHOSEN)),
    Suite("xdg-dbus-proxy", "a proxy for sandboxes, told of its end by --fd", ["xdg-dbus-proxy-tests", "dbus"],
          programs_of("xdg-dbus-proxy")),
    Suite("flatpak", "Flatpak: bwrap with --args, fuse, services", ["flatpak-tests", "dbus"],
          programs_of("Flatpak", chosen=FLATPAK_CHOSEN)),
]
