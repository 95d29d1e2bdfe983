#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every descriptor that crosses an exec, and none that does not: what the watch says beside what the new programs themselves say."""
import os
import pathlib
import shutil
import subprocess
import unittest

from support import BUILDS, PROBE, SPAWNS, WatchTest, arrived, runs_narrow

BEGIN = ["open:2", "marked", "socket"]
WAYS = [
    ["fork", "start", "end"], ["vfork", "start", "end"], ["clone:vm vfork", "start", "end"], ["spawn"],
    ["thread", "spawn", "end"], ["thread", "fork", "start", "end", "end"], ["fork", "thread", "start", "end", "end"],
    ["clone:parent", "start", "end"], ["fork", "fork", "start", "end", "end"], ["fork", "close:3", "start", "end"],
    ["clone:files", "start", "end"], ["fork", "at:9", "start", "end"], ["fork", "mark:4", "start", "end"],
    ["fork", "clear:5", "start", "end"], ["pipe", "fork", "start", "end"], ["fork", "start", "end", "close:3", "fork", "start", "end"],
    ["start"], ["thread", "start", "end"], ["open:70", "fork", "start", "end"], ["open:300", "vfork", "start", "end"],
    ["fork", "at:1000", "at:4000", "start", "end"],
]
GO = {"GO111MODULE": "off", "CGO_ENABLED": "0"}
PROGRAMS = pathlib.Path(__file__).resolve().parent.parent / "supervise/programs"


class Crossings(WatchTest):
    def compare(self, program):
        said = []
        with self.watch() as found:
            for words in WAYS:
                said += self.probe(*BEGIN, *words, program=program)
        report = found[0]
        self.assertEqual((report.status, report.lost), (0, 0), report.said)
        self.assertEqual([arrived(one) for one in report.of(program, "arrived")], said)

    def test_static(self):
        self.compare(PROBE)

    def test_other_builds(self):
        for name in BUILDS:
            with self.subTest(name):
                if name == "i386" and not runs_narrow():
                    continue
                self.compare(self.build(name))

    def test_go(self):
        if shutil.which("go") is None:
            self.skipTest("go is not installed")
        program = self.folder / "server"
        subprocess.run(["go", "build", "-o", str(program), str(PROGRAMS / "server.go")], check=True,
                       env=os.environ | GO | {"GOCACHE": str(self.folder), "HOME": str(self.folder)})
        with self.watch() as found:
            bare = self.probe(PROBE, program=program)
            meant = self.probe(PROBE, "extra", program=program)
        execs = found[0].of(PROBE, "arrived")
        self.assertEqual([arrived(one) for one in execs], [*bare, *meant])
        self.assertEqual([fd["class"] for fd in execs[0]["fds"]], ["leak"] * 5)
        # What Go hands on it moves to 3 in the child.
        self.assertEqual([fd["class"] for fd in execs[1]["fds"]], ["exempt"] + ["leak"] * 4)

    def test_many_at_once(self):
        """More than the machine has processors."""
        with self.watch() as found:
            processes = [self.start([SPAWNS, how, "250", "3", "7", PROBE, "arrived"], stdout=subprocess.DEVNULL)
                         for how in ("spawn", "fork") * 4]
            self.assertEqual([process.wait(60) for process in processes], [0] * 8)
        report = found[0]
        self.assertEqual(report.lost, 0)
        execs = report.of(PROBE, "arrived")
        self.assertEqual(len(execs), 2000)
        self.assertEqual({tuple(arrived(one)) for one in execs}, {tuple(f"{fd}=/dev/null" for fd in range(6, 13))})

    def test_what_is_lost_is_counted(self):
        """A reader that stands still."""
        with self.watch("--records", "128", "--fail-on-leak") as found:
            process = found[0]
            self.kill(process.pid, 19)
            self.wait_for(lambda: self.state_of(process.pid) == "T", "a stop")
            subprocess.run([SPAWNS, "spawn", "2000", "0", "0", PROBE], check=True, stdout=subprocess.DEVNULL)
            self.kill(process.pid, 18)
        report = found[0]
        self.assertGreater(report.lost, 0)
        self.assertGreaterEqual(report.lost + len(report.execs), 2000)
        self.assertIn("lost", report.said)
        self.assertIn(report.status, (3, 4))

    @staticmethod
    def state_of(pid):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


if __name__ == "__main__":
    unittest.main()
