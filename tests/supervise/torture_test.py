#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs started by the thousand while other threads change the descriptor table: nothing of the parent's reaches one,
and nothing of its own is missing. SUPERVISE_EXECS says how many; scripts/test --supervise runs 10,000."""
import os
import random
import re
import signal
import time
import unittest

from support import PATIENCE, SupervisedTest, alive, supervised, tracer

EXECS = int(os.environ.get("SUPERVISE_EXECS", "1500"))
TORTURE = os.environ["TORTURE"]


def counts(text):
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", text)}


class Torture(SupervisedTest):
    def run_torture(self, *words, command=lambda *words: words, quiet="1"):
        result = self.run_command(command(TORTURE, *words), {"TORTURE_QUIET": quiet} if quiet else {}, timeout=PATIENCE * 10)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return counts(result.stdout)

    def test_nothing_leaks_and_nothing_is_missing(self):
        """(threads that start programs, threads that change descriptors)."""
        for workers, churners in ((2, 2), (0, 2), (0, 0)):
            words = (EXECS if churners else EXECS // 5, workers, churners, random.randrange(1 << 30))
            with self.subTest(words):
                bare = self.run_torture(200, *words[1:])
                self.assertEqual((bare["missing"], bare["failed"]), (0, 0))
                self.assertEqual(bare["leaked"] > 0, churners > 0)
                ours = self.run_torture(*words, command=supervised, quiet=None)
                self.assertEqual(ours, {"execs": words[0], "leaked": 0, "missing": 0, "failed": 0})

    def test_the_supervisor_is_killed(self):
        """At any moment, also in the midst of closing something: the tree runs on, and only leaks as it does bare."""
        for _ in range(10 if EXECS < 10000 else 100):
            program = self.start(supervised(TORTURE, 400, 2, 2, random.randrange(1 << 30)), {"TORTURE_QUIET": "1"})
            supervisor = self.supervisor_of(program)
            time.sleep(random.uniform(0, 0.25))
            self.kill(supervisor, signal.SIGKILL)
            self.assertEqual(program.wait(PATIENCE), 0)
            seen = counts(program.stdout.read())
            self.assertEqual((seen["execs"], seen["missing"], seen["failed"]), (400, 0, 0))
            program.stdout.close()

    def test_parents_are_killed_just_after_a_fork(self):
        """Who dies before it could say what it has made leaves nobody stopped."""
        script = "while :; do /bin/true & done"
        for _ in range(40):
            program = self.start(supervised("sh", "-c", script), start_new_session=True)
            supervisor = self.supervisor_of(program)
            time.sleep(random.uniform(0, 0.03))
            program.kill()
            program.wait(PATIENCE)
            self.wait_for(lambda one=supervisor: not alive(one), "the end of all")


if __name__ == "__main__":
    unittest.main()
