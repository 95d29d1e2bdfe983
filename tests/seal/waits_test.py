#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that wait in a system call while they are sealed and unsealed, each beside a twin that is left alone: what the call
gives, its errno, and whether it comes in time, by the program's own clock. SEAL_ROUNDS says how often; without it as often as
the time allows, twice at least."""
import os
import pathlib
import subprocess
import time
import unittest

from support import LEAKED, PATIENCE, WAITER, SealTest, inheritable

ROUNDS = int(os.environ.get("SEAL_ROUNDS", "2"))
NARROW = ["gcc", "-m32", "-static", "-idirafter", "/usr/include/x86_64-linux-gnu", "-w", "-O1", "-pthread"]
RUNS_NARROW = pathlib.Path(__file__).resolve().parent.parent / "support" / "runs_32_bit"

# What goes on for the rest of its time, or without one.
LASTING = ["nanosleep", "clock_nanosleep", "poll", "ppoll", "select", "pselect", "futex", "mq_timedreceive", "poll-forever",
           "epoll_wait-forever", "futex-woken", "sigwaitinfo", "semop", "read", "recv", "accept", "wait4", "waitid", "pause",
           "sigsuspend", "storm"]
# What the kernel ends with EINTR: its time begins again, where no other thread can be held instead.
TIMED = ["epoll_wait", "sigtimedwait", "semtimedop", "SO_RCVTIMEO", "accept-SO_RCVTIMEO"]


class Waits(SealTest):
    def seconds_of_a_round(self, calls, program):
        """How long it takes here to seal and unseal so many."""
        ones = [self.waiter(call[0], 600000, *call[1:], program=program) for call in calls for _ in range(2)]
        begin = time.monotonic()
        for words in ([], ["--unseal", "--fd", "40-44"]):
            self.seal(*words, *(one.pid for one in ones[::2]))
        taken = time.monotonic() - begin
        for one in ones:
            self.end(one)
        return taken

    def expect_as_twin(self, calls, program=WAITER, slowness=1):
        """Whoever is sealed and unsealed again and again sees nothing of it; and its child gets nothing."""
        milliseconds = slowness * (3000 + int(ROUNDS * 4000 * self.seconds_of_a_round(calls, program)))
        begin = time.monotonic()
        rounds = 0
        twins = [(self.waiter(*call[:1], milliseconds, *call[1:], program=program),
                  self.waiter(*call[:1], milliseconds, *call[1:], program=program)) for call in calls]
        sealed = [str(one.pid) for _, one in twins]
        while (rounds < ROUNDS and (time.monotonic() - begin) * 1000 < milliseconds) or (ROUNDS < 10 and (time.monotonic() - begin) * 1000 < milliseconds * 0.6):
            rounds += 1
            for words, state in (([], "sealed"), (["--unseal", "--fd", "40-44"], "unsealed")):
                done = self.seal(*words, *sealed, status=(0, 125))
                if (time.monotonic() - begin) * 1000 < milliseconds * 0.85:
                    self.assertEqual(done, {int(pid): dict.fromkeys(LEAKED, state) for pid in sealed})
        self.seal(*sealed, status=(0, 125))
        if (time.monotonic() - begin) * 1000 > milliseconds * 0.85:
            # This machine is busy: they may have come to their end before all was done.
            for one in (process for pair in twins for process in pair):
                self.end(one)
            self.assertLess(slowness, 8, "no machine is so slow")
            return self.expect_as_twin(calls, program, slowness * 2)
        for (twin, one), call in zip(twins, calls):
            with self.subTest(" ".join(call)):
                longest = PATIENCE + milliseconds / 1000
                bare, ours = twin.communicate(timeout=longest)[0], one.communicate(timeout=longest)[0]
                self.assertEqual((twin.returncode, one.returncode), (0, 0))
                self.assertEqual(bare.splitlines()[1], " 40 42 43 44")
                self.assertTrue(bare.splitlines()[0].endswith("in time"), bare)
                self.assertEqual(ours.splitlines(), [bare.splitlines()[0], ""])
        return None

    def test_go_on(self):
        self.expect_as_twin([[call] for call in LASTING])

    def test_a_thread_that_only_computes(self):
        self.expect_as_twin([["spin"]])

    def test_another_thread_is_held(self):
        self.expect_as_twin([[call, "helper"] for call in TIMED + LASTING[:3]])

    def test_go_on_in_32_bits(self):
        if subprocess.run([RUNS_NARROW], check=False).returncode != 0:
            self.skipTest("this kernel runs no 32-bit programs")
        program = self.folder / "waiter-i386"
        subprocess.run([*NARROW, str(pathlib.Path(__file__).with_name("waiter.c")), "-o", str(program), "-lrt"], check=True)
        self.expect_as_twin([[call] for call in LASTING] + [[call, "helper"] for call in TIMED], program)

    def test_time_begins_again(self):
        """Without another thread. No EINTR, and no error: late is all."""
        milliseconds = 1500
        ours = [self.waiter(call, milliseconds) for call in TIMED]
        time.sleep(milliseconds * 0.75 / 1000)
        self.seal(*(one.pid for one in ours))
        for call, one in zip(TIMED, ours):
            with self.subTest(call):
                expected = "0 0 0 late" if call == "epoll_wait" else "-1 EAGAIN 0 late"
                self.assertEqual(one.communicate(timeout=PATIENCE)[0].splitlines(), [expected, ""])

    def test_a_write_is_not_cut_short(self):
        """It would return what it has written. Nothing is done to it."""
        twin, one = (self.waiter("write", 1500) for _ in range(2))
        before = inheritable(one.pid)
        self.assertEqual(self.seal("--wait", "0.1", one.pid, status=125), {one.pid: dict.fromkeys(LEAKED, "left")})
        self.assertIn("waits in write(2), which would return early", self.errors)
        self.assertEqual(inheritable(one.pid), before)
        # With more time it finds the moment when the write is over.
        self.seal("--wait", "30", one.pid)
        self.assertEqual(one.communicate(timeout=PATIENCE)[0].splitlines(), [twin.communicate(timeout=PATIENCE)[0].splitlines()[0], ""])

    def test_a_parent_of_a_vfork_child(self):
        """Nothing interrupts it. Its child is another process, with a table of its own."""
        one = self.waiter("vfork", 1200)
        self.assertEqual(self.seal("--wait", "0.1", one.pid, status=125), {one.pid: dict.fromkeys(LEAKED, "left")})
        self.assertIn("waits in the kernel where nothing interrupts it", self.errors)
        self.seal("--wait", "30", one.pid)
        self.assertEqual(one.communicate(timeout=PATIENCE)[0].splitlines(), ["1 0 0 in time", ""])


if __name__ == "__main__":
    unittest.main()
