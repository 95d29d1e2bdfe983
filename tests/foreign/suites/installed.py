# SPDX-License-Identifier: Apache-2.0
"""Tests that are installed as gnome-desktop-testing-runner(1) finds them: a .test file says what to execute."""
import configparser
import fnmatch
import pathlib
import shlex

from suite import Program, Suite, by_status, tap

ROOT = pathlib.Path("/usr/share/installed-tests")
# Locks, counters and memory under load: they make no descriptor, and take an hour.
LONG = ["*mutex", "*performance*", "*refcount[0-9]", "asyncqueue", "atomic", "closure-refcount", "once*", "slice-*", "thread-pool-slow",
        "threadtests"]


def programs_of(*folders):
    def programs():
        files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.test"))]
        return [program(file) for file in files if not any(fnmatch.fnmatch(file.stem, long) for long in LONG)]
    return programs


def program(file):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(file)
    test = parser["Test"]
    return Program(file.relative_to(ROOT).as_posix().removesuffix(".test"),
                   ["dbus-run-session", "--", *shlex.split(test["Exec"])],
                   tap if test.get("Output") == "TAP" else by_status)


SUITES = [
    Suite("glib", "GLib: spawn, GSubprocess, sockets, D-Bus", ["libglib2.0-tests", "dbus", "dbus-daemon"], programs_of("glib")),
    Suite("dbus", "D-Bus: its daemon, services started by it, descriptors passed", ["dbus-tests", "dbus"],
          programs_of("dbus", "dbus-debug-build")),
    Suite("gjs", "GNOME's JavaScript: GSubprocess and D-Bus, its debugger", ["gjs-tests", "dbus"], programs_of("gjs")),
    Suite("ostree", "OSTree: locks, helpers, servers of its own", ["ostree-tests", "dbus"], programs_of("libostree")),
    Suite("xdg-dbus-proxy", "a proxy for sandboxes, told of its end by --fd", ["xdg-dbus-proxy-tests", "dbus"],
          programs_of("xdg-dbus-proxy")),
    Suite("flatpak", "Flatpak: bwrap with --args, fuse, services", ["flatpak-tests", "dbus"], programs_of("Flatpak")),
]
