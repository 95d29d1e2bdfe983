#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shim's recorder: what a record costs, what it survives, and what it does when it must not record."""
import os
import pathlib
import random
import re
import signal
import subprocess
import tempfile
import unittest

from ring import Ring

AUDIT_SHIM, CALLS = os.environ["AUDIT_SHIM"], os.environ["CALLS"]
KINDS = ["open", "socket", "pipe", "dup", "dup2", "accept", "fopen", "exec", "spawn"]
# Two records a round, one that something is made and one that it is closed. More where the build checks or counts.
MOST_INSTRUCTIONS = int(os.environ["MOST_INSTRUCTIONS"])
OPENS = ("import ctypes, os; libc = ctypes.CDLL(None, use_errno=True);"
         "made = lambda: libc.open(b'/dev/null', 0);")


class Recorder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.ring = Ring(self.folder / "ring", 4096)

    def environment(self, ring=None, mode="observe"):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_"))}
        return kept | {"LD_PRELOAD": AUDIT_SHIM, "CLOEXEC_MODE": mode, "CLOEXEC_AUDIT": str(ring or self.ring.path)}

    def run_audited(self, *command, ring=None, mode="observe"):
        return subprocess.run(command, env=self.environment(ring, mode), capture_output=True, text=True, timeout=60)

    def python(self, program, **options):
        return self.run_audited("/usr/bin/python3", "-c", OPENS + program, **options)

    def system_calls(self, kind, count, is_audited):
        trace = self.folder / "trace"
        settings = [word for name in ("LD_PRELOAD", "CLOEXEC_MODE", "CLOEXEC_AUDIT")
                    for word in ("-E", f"{name}={self.environment()[name]}")] if is_audited else []
        subprocess.run(["strace", "-qq", "-o", trace, *settings, CALLS, kind, str(count)], check=True, timeout=60,
                       capture_output=True)
        return sum("(" in line for line in trace.read_text().splitlines() if not line.startswith("---"))

    def instructions(self, kind, count, is_audited):
        done = subprocess.run(["setarch", "--addr-no-randomize", "valgrind", "--tool=callgrind",
                               "--callgrind-out-file=/dev/null", CALLS, kind, str(count)],
                              env=self.environment() if is_audited else None, capture_output=True, text=True, check=True)
        return int(re.search(r"Collected : (\d+)", done.stderr)[1])

    def test_a_record_costs_no_system_call(self):
        for kind in KINDS:
            grown = [self.system_calls(kind, 70, is_audited) - self.system_calls(kind, 20, is_audited)
                     for is_audited in (True, False)]
            self.assertEqual(grown[0], grown[1], kind)

    def test_a_record_costs_a_bounded_number_of_instructions(self):
        for kind in ("open", "socket", "dup", "fopen", "exec"):
            audited, bare = (self.instructions(kind, 70, is_audited) - self.instructions(kind, 20, is_audited)
                             for is_audited in (True, False))
            print(f"{kind}: {(audited - bare) / 100:.0f} instructions a record")
            self.assertLess((audited - bare) / 100, MOST_INSTRUCTIONS, kind)

    def test_a_full_ring_counts_exactly_what_it_lost(self):
        self.run_audited(CALLS, "open", "500")
        everything = len(self.ring.records())
        self.assertGreater(everything, 1000)
        small = Ring(self.folder / "small", 16)
        done = self.run_audited(CALLS, "open", "500", ring=small.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((len(small.records()), small.lost), (16, everything - 16))

    def test_a_writer_that_is_killed_stops_nobody(self):
        ring = Ring(self.folder / "shared", 64)
        for _ in range(40):
            with subprocess.Popen([CALLS, "open", "100000"], env=self.environment(ring.path)) as child:
                signal.sigtimedwait([], random.random() / 100)
                child.kill()
        left = ring.states()
        data = bytearray(ring.path.read_bytes())
        for slot, state in enumerate(left):
            if state == 2:
                data[512 + slot * 512] = 0
        ring.path.write_bytes(data)
        self.python("made()", ring=ring.path)
        self.assertTrue([one for one in ring.records() if one.event == "made" and "/dev/null" in one.texts])

    def test_survives_what_daemons_do(self):
        self.python("os.closerange(3, 65536); os.chroot('/usr');"
                    "os.setgid(65534); os.setuid(65534); pid = os.fork(); libc.socket(1, 1, 0);"
                    "os.waitpid(pid, 0) if pid else None")
        made = [one for one in self.ring.records() if one.event == "made" and one.texts[0] == "socket"]
        self.assertEqual(len({one.pid for one in made}), 2)
        self.assertEqual([one.event for one in self.ring.records()].count("forked"), 1)

    def test_what_is_no_ring_changes_nothing(self):
        (self.folder / "empty").touch()
        (self.folder / "text").write_text("no ring\n" * 1000)
        os.mkfifo(self.folder / "fifo")
        huge = Ring(self.folder / "huge", 16)
        with open(huge.path, "r+b") as file:
            file.seek(12)
            file.write((1 << 31).to_bytes(4, "little"))
        odd = Ring(self.folder / "odd", 15)
        for name in ("empty", "text", "fifo", "missing", "huge", "odd", "."):
            done = self.run_audited(CALLS, "open", "5", ring=self.folder / name)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), name)
        self.assertEqual((huge.records(), odd.records()), ([], []))

    def test_mode_off_records_nothing(self):
        self.run_audited(CALLS, "open", "5", mode="off")
        self.assertEqual(self.ring.records(), [])

    def test_observing_changes_no_flag_and_enforcing_does(self):
        program = "import fcntl; print(fcntl.fcntl(made(), fcntl.F_GETFD))"
        self.assertEqual(self.python(program).stdout, "0\n")
        self.assertEqual(self.python(program, mode="enforce").stdout, "1\n")


if __name__ == "__main__":
    unittest.main()
