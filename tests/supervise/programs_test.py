#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that no preload reaches, by the compilers that make them: how many descriptors arrive bare, under the preload,
and supervised."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from support import CLOEXEC, HERE, PROBE, SupervisedTest, supervised

SOURCES = HERE / "programs"
# Empty: the test's folder.
GO = {"GO111MODULE": "off", "GOCACHE": "", "HOME": "", "CGO_ENABLED": "0"}


class Programs(SupervisedTest):
    def compile(self, *command, variables=None):
        program = self.folder / "program"
        needed = shutil.which(command[0])
        if needed is None:
            self.skipTest(f"{command[0]} is not installed")
        environment = os.environ | {name: value or str(self.folder) for name, value in (variables or {}).items()}
        subprocess.run([needed, *map(str, command[1:]), "-o", str(program), str(self.source)], check=True, env=environment)
        return program

    def arrived(self, command):
        """For each program that was started, what arrived there."""
        result = self.run_command(command)
        # A machine need not know its own name.
        errors = re.sub("sudo: unable to resolve host .*\n", "", result.stderr)
        self.assertEqual((result.returncode, errors), (0, ""), command)
        return [line.split()[1:] for line in result.stdout.splitlines() if line.startswith("arrived")]

    def expect(self, words, bare, preload, kept):
        """How many arrived."""
        for command, expected in ((words, bare), ([CLOEXEC, "run", "--", *words], preload),
                                  (supervised(*words), kept), (supervised(*words, mode=None), kept)):
            arrived = self.arrived(command)
            self.assertEqual([len(one) for one in arrived], expected, (command, arrived))

    def test_go(self):
        self.source = SOURCES / "server.go"
        program = self.compile("go", "build", variables=GO)
        self.expect([program, PROBE], [5], [5], [0])

    def test_extra_files_of_go(self):
        self.source = SOURCES / "server.go"
        program = self.compile("go", "build", variables=GO)
        self.expect([program, PROBE, "extra"], [5], [5], [1])
        self.assertEqual(self.arrived(supervised(program, PROBE, "extra")), [["3=/etc/group"]])

    def test_musl_daemon(self):
        self.source = SOURCES / "daemon.c"
        program = self.compile("musl-gcc", "-static", "-O1")
        self.expect([program, PROBE], [6, 6], [6, 6], [0, 0])

    def test_rust_with_calls_of_its_own(self):
        self.source = SOURCES / "raw.rs"
        program = self.compile("rustc", "-C", "target-feature=+crt-static")
        self.expect([program, PROBE], [2], [2], [0])

    def test_a_static_shell(self):
        """What its script opens is for its commands. BUSYBOX names a static one: no package of Debian's has it beside the
        other."""
        shell = os.environ.get("BUSYBOX", "/bin/busybox")
        if not pathlib.Path(shell).exists() or b"ld-linux" in pathlib.Path(shell).read_bytes()[:4096]:
            self.skipTest("busybox-static is not installed")
        script = f"exec 9>lock; {PROBE} arrived 5</etc/group; exec {PROBE} arrived"
        self.expect([shell, "sh", "-c", script], [2, 1], [2, 1], [2, 1])

    def test_sudo(self):
        self.expect(["sudo", "-n", "bash", "-c", f"exec 5</etc/group; exec {PROBE} arrived"], [1], [1], [1])


if __name__ == "__main__":
    unittest.main()
