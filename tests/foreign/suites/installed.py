# SPDX-License-Identifier: Apache-2.0
"""Tests that are installed as gnome-desktop-testing-runner(1) finds them: a .test file says what to execute."""
import configparser
import pathlib
import shlex

from suite import Program, Suite, by_status, tap

ROOT = pathlib.Path("/usr/share/installed-tests")
# Locks and memory under load, for a quarter of an hour; they make no descriptor.
LONG = {"1bit-mutex", "asyncqueue", "atomic", "onceinit", "once", "performance", "performance-threaded", "slice-color",
        "slice-concurrent", "slice-eager-freeing", "slice-glib", "slice-known-pages", "slice-malloc", "slice-memchunk", "slice-slab",
        "thread-pool-slow", "threadtests", "utf8-performance"}


def programs_of(*folders):
    def programs():
        return [program(file) for folder in folders for file in sorted((ROOT / folder).rglob("*.test")) if file.stem not in LONG]
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
