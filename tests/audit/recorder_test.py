#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shim's recorder: what a record costs, what it survives, and what it does when it must not record."""
import fcntl
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import counting  # noqa: E402
from ring import Ring  # noqa: E402
from namespaces import need  # noqa: E402

AUDIT_SHIM, CALLS, PROBE, WORK = (os.environ[name] for name in ("AUDIT_SHIM", "CALLS", "POLICY_PROBE", "WORK"))
KINDS = ["open", "socket", "pipe", "dup", "dup2", "accept", "fopen", "exec", "spawn"]
# Two records a round, one that something is made and one that it is closed. More where the build checks or counts.
MOST_INSTRUCTIONS = int(os.environ["MOST_INSTRUCTIONS"])
# audit/record.h
IS_INHERITABLE, BY_ALLOWLIST, IS_LISTENING, IN_CHILD, IS_CUT, TEXT = 1, 2, 2, 8, 32, 464
OPENS = ("import ctypes, os; libc = ctypes.CDLL(None, use_errno=True);"
         "made = lambda: libc.open(b'/dev/null', 0);")


class Recorder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.ring = Ring(self.folder / "ring", 4096)

    def ring_with_stacks(self):
        return Ring(self.folder / "stacks", 4096, 1024).path

    def environment(self, ring=None, mode="observe", **settings):
        return counting.clean_environment(**{"LD_PRELOAD": AUDIT_SHIM, "CLOEXEC_MODE": mode,
                                             "CLOEXEC_AUDIT": ring or self.ring.path, **settings})

    def run_audited(self, *command, ring=None, mode="observe", settings=None, **options):
        return subprocess.run(command, env=self.environment(ring, mode, **(settings or {})), capture_output=True, text=True,
                              timeout=60, **options)

    def probe(self, *verbs, **options):
        """What the policy probe did, but for what it and its library arrived with."""
        done = self.run_audited(PROBE, *verbs, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), verbs)
        return [one for one in self.ring.records() if one.event not in ("start", "arrived")]

    def python(self, program, **options):
        return self.run_audited("/usr/bin/python3", "-c", OPENS + program, **options)

    def settings(self, ring):
        return {name: self.environment(ring)[name] for name in ("LD_PRELOAD", "CLOEXEC_MODE", "CLOEXEC_AUDIT")} if ring else {}

    def system_calls(self, kind, count, ring):
        return counting.system_calls([CALLS, kind, count], None, **self.settings(ring))

    def instructions(self, kind, count, ring):
        return counting.instructions([CALLS, kind, count], self.environment(ring) if ring else None)

    def test_a_record_costs_no_system_call(self):
        for kind in KINDS:
            grown = {self.system_calls(kind, 70, ring) - self.system_calls(kind, 20, ring)
                     for ring in (None, self.ring.path, self.ring_with_stacks())}
            self.assertEqual(len(grown), 1, kind)

    def test_a_record_costs_a_bounded_number_of_instructions(self):
        for kind in ("open", "socket", "dup", "fopen", "exec"):
            bare, audited, stacked = (self.instructions(kind, 70, ring) - self.instructions(kind, 20, ring)
                                      for ring in (None, self.ring.path, self.ring_with_stacks()))
            # Two records a round, but one stack.
            print(f"{kind}: {(audited - bare) / 100:.0f} instructions a record, {(stacked - audited) / 50:.0f} a stack")
            self.assertLess((audited - bare) / 100, MOST_INSTRUCTIONS, kind)
            # The same one each time: it is looked through, and found to be the last.
            self.assertLess((stacked - audited) / 50, 2 * MOST_INSTRUCTIONS, kind)

    def test_an_exec_reads_its_words_once_for_all_descriptors(self):
        for mode in ("observe", "enforce"):
            cost = {}
            for fds, words in ((10, 100), (10, 1000), (100, 100), (100, 1000)):
                ring = Ring(self.folder / "ring", 4096)
                one, two = (counting.instructions([WORK, "execv", times, fds, words], self.environment(ring.path, mode))
                            for times in (1, 2))
                self.assertEqual(ring.lost, 0)
                cost[fds, words] = two - one
            # Or nobody reads them.
            self.assertGreater(cost[10, 1000], cost[10, 100] + 900)
            product = cost[100, 1000] - cost[10, 1000] - cost[100, 100] + cost[10, 100]
            self.assertLess(abs(product), 0.1 * cost[10, 1000], (mode, cost))

    def test_a_close_of_all_looks_at_what_was_open(self):
        steps = [counting.instructions([WORK, "closefrom", times, 5, 900], self.environment()) for times in (10, 20)]
        print(f"closefrom: {(steps[1] - steps[0]) / 10:.0f} instructions")
        # Not at each of 65,536 numbers.
        self.assertLess((steps[1] - steps[0]) / 10, 25 * MOST_INSTRUCTIONS)

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
        self.run_audited(CALLS, "open", "1", ring=ring.path)
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

    def test_what_fits_no_ring_changes_nothing(self):
        for name, place, value in (("records", 8, 256), ("no slots", 12, 0), ("stacks", 24, 3), ("many stacks", 24, 1 << 31)):
            ring = Ring(self.folder / name, 16)
            with open(ring.path, "r+b") as file:
                file.seek(place)
                file.write(value.to_bytes(4, "little"))
            before = ring.path.read_bytes()
            done = self.run_audited(CALLS, "open", "5", ring=ring.path)
            self.assertEqual((done.returncode, done.stderr, ring.path.read_bytes()), (0, "", before), name)

    def test_a_full_ring_stops_nothing(self):
        program = ("print(libc.posix_spawn(None, b'/bin/true', None, None, (ctypes.c_char_p * 2)(b'true'), None));"
                   "print(libc.system(b'exit 3'), made(), libc.close_range(3, 9, 0)); pid = os.fork();"
                   "pid or os._exit(libc.socket(1, 1, 0)); print(os.waitpid(pid, 0)[1])")
        inherited = fcntl.fcntl(1, fcntl.F_DUPFD, 50)
        self.addCleanup(os.close, inherited)
        whole = self.python(program, settings={"CLOEXEC_POLICY": "exempt"}, pass_fds=[inherited])
        self.assertEqual(whole.stdout, "0\n768 3 0\n768\n")
        before = len(self.ring.records())
        full = Ring(self.folder / "full", 1)
        done = self.python(program, settings={"CLOEXEC_POLICY": "exempt"}, pass_fds=[inherited], ring=full.path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, whole.stdout, ""))
        self.assertEqual([one.event for one in full.records()], ["start"])
        self.assertEqual(full.lost, before - 1)
        verbs = ("open", "fork", "start:execv --status-fd 3", "end")
        for ring in (self.ring, Ring(self.folder / "full", 1)):
            self.assertEqual(self.run_audited(PROBE, *verbs, ring=ring.path, mode="enforce").stdout, "open 3 1\narrived 3\n")

    def test_a_rule_is_told_that_would_give_what_is_announced(self):
        records = self.probe("open", "open", "fork", "start:execv --status-fd 4", "end")
        given = [(one.fd, one.texts) for one in records if one.event == "given"]
        self.assertEqual(given, [(4, ["standard", "exempt exec announced=yes", "--status-fd"])])

    def test_what_is_given_is_told_once_with_the_word_that_counts(self):
        own = ["standard", "exempt exec own=yes", ""]
        told = ["standard", "exempt exec announced=yes", "--status-fd=3"]
        for mode in ("observe", "enforce"):
            for child in ("fork", "vfork", "borrow", "clone"):
                self.setUp()
                # The probe's child becomes a probe that says what arrived: 3 as it is told, 9 and 4 as the child's own.
                records = self.probe("open", child, "dup2:9", "open", "start:execv --status-fd=3 --out-fd=9", "end", mode=mode)
                self.assertEqual([(one.fd, one.texts) for one in records if one.event == "given"],
                                 [(3, told), (4, own), (9, own)], (mode, child))
                self.assertEqual([one.event for one in records].count("exec"), 1)
            self.setUp()
            records = self.probe("open", "start:posix_spawn --status-fd=3", mode=mode)
            self.assertEqual([(one.fd, one.texts) for one in records if one.event == "given"], [(3, told)], mode)

    def test_a_word_that_does_not_fit_is_cut(self):
        records = self.probe("open", "fork", "start:execv fd=3," + "x" * 600, "end")
        given, = [one for one in records if one.event == "given"]
        self.assertTrue(given.flags & IS_CUT)
        self.assertEqual(sum(2 + len(text) for text in given.texts), TEXT)
        self.assertTrue(given.texts[2].startswith("fd=3,xxx"))

    def test_nothing_is_given_by_a_table_that_others_share(self):
        records = self.probe("open", "share", "end", "fork", "start:execv --fd=3", "end")
        self.assertEqual([one.fd for one in records if one.event == "given"], [3])

    def test_nothing_is_known_to_arrive_without_proc(self):
        need(self, "unshare", "--mount")
        inherited = fcntl.fcntl(1, fcntl.F_DUPFD, 50)
        self.addCleanup(os.close, inherited)
        for script, arrived in (("", [inherited]), ("mount -t tmpfs tmpfs /proc; ", [])):
            self.setUp()
            done = self.run_audited("unshare", "--mount", "sh", "-c", f'{script}exec "$0" open', PROBE, pass_fds=[inherited])
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "open 3 0\n", ""))
            records = self.ring.records()
            start = max(one.ticket for one in records if one.event == "start")
            self.assertEqual([(one.event, one.fd) for one in records if one.ticket > start],
                             [*(("arrived", fd) for fd in arrived), ("made", 3)])

    def test_shells_inside_libc_are_told_and_what_their_streams_close(self):
        done = self.python("libc.popen.restype = libc.setmntent.restype = libc.fmemopen.restype = ctypes.c_void_p\n"
                           "libc.pclose.argtypes = libc.endmntent.argtypes = libc.fclose.argtypes = [ctypes.c_void_p]\n"
                           "libc.fileno.argtypes = [ctypes.c_void_p]\n"
                           "print(libc.system(b'exit 3') >> 8, libc.system(None))\n"
                           "pipe = libc.popen(b'exit 4', b'r'); fds = [libc.fileno(pipe)]; print(libc.pclose(pipe) >> 8)\n"
                           "mounts = libc.setmntent(b'/dev/null', b'r'); fds.append(libc.fileno(mounts))\n"
                           "print(libc.endmntent(mounts), libc.endmntent(None))\n"
                           "print(libc.fclose(libc.fmemopen(None, 16, b'w')), libc.close(-1))\n"
                           "print(*fds)")
        *lines, fds = done.stdout.splitlines()
        self.assertEqual((lines, done.stderr), (["3 1", "4", "1 1", "0 -1"], ""))
        records = self.ring.records()
        self.assertEqual([one.texts for one in records if one.event == "exec"],
                         [["system", "/bin/sh", "sh"], ["popen", "/bin/sh", "sh"]])
        own = {one.pid for one in records if one.event == "exec"}
        pipe, mounts = map(int, fds.split())
        closed = [one.fd for one in records if one.event == "closed" and {one.pid} == own]
        self.assertIn(pipe, closed)
        self.assertNotIn(-1, closed)
        self.assertTrue([one for one in records if one.event == "made" and one.texts[0] == "popen" and one.fd == pipe])

    def test_flags_and_ranges(self):
        records = self.probe("open", "open", "clear:3", "mark:4", "mark-range:3", "clear:1", "close:0", "open", "mark-range:99")
        self.assertEqual([(one.event, one.fd, one.other, one.flags & IS_INHERITABLE) for one in records],
                         [("made", 3, 0, 1), ("made", 4, 0, 1), ("flagged", 3, 3, 1), ("flagged", 4, 4, 0),
                          ("flagged", 3, -1, 0), ("flagged", 99, -1, 0)])

    def test_what_is_closed_is_told_when_it_was_known(self):
        records = self.probe("open", "open", "closefrom:50", "closefrom:4", "close:99", "close:3", "close:3", "close:-1")
        self.assertEqual([(one.event, one.fd, one.other) for one in records],
                         [("made", 3, 0), ("made", 4, 0), ("closed", 50, -1), ("closed", 4, -1), ("closed", 3, 3)])

    def test_vfork_children_have_descriptors_of_their_own(self):
        for child in ("vfork", "borrow"):
            self.setUp()
            records = self.probe("open", child, "open", "close:3", "mark:4", "dup2:9", "closefrom:5", "end",
                                 "open", "close:3", "close:9")
            parent, inner = dict.fromkeys(one.pid for one in records)
            told = [(one.event, one.fd) for one in records if one.pid == inner]
            self.assertEqual(told, [("forked", -1), ("made", 4), ("closed", 3), ("flagged", 4), ("made", 9), ("closed", 5)],
                             child)
            self.assertEqual({one.tid for one in records if one.pid == inner}, {inner})
            self.assertTrue(all(one.flags & IN_CHILD for one in records if one.pid == inner and one.event != "forked"))
            # 9 was the child's alone.
            self.assertEqual([(one.event, one.fd) for one in records if one.pid == parent],
                             [("made", 3), ("made", 4), ("closed", 3)], child)

    def test_the_vfork_child_of_a_vfork_child_leaves_it_its_name(self):
        records = self.probe("open", "vfork", "open", "vfork", "open", "close:4", "end", "open", "end", "open")
        parent, outer, inner = dict.fromkeys(one.pid for one in records)
        self.assertEqual([(one.pid, one.event, one.fd, one.other) for one in records],
                         [(parent, "made", 3, 0), (outer, "forked", -1, parent), (outer, "made", 4, 0),
                          (inner, "forked", -1, outer), (inner, "made", 5, 0), (inner, "closed", 4, 4), (outer, "made", 5, 0),
                          (parent, "made", 4, 0)])

    def test_threads_and_children_that_share_memory_are_told_apart(self):
        records = self.probe("open", "thread", "open", "open", "end", "open")
        first, second, third, fourth = [one.tid for one in records if one.event == "made"]
        self.assertTrue(first == fourth != second == third)
        self.assertEqual(len({one.pid for one in records}), 1)
        self.setUp()
        records = self.probe("open", "share", "open", "open", "end", "open", "open")
        made = [one.pid for one in records if one.event == "made"]
        self.assertTrue(made[0] == made[3] == made[4] != made[1] == made[2], made)
        # Who goes on is not taken for a child of the other.
        self.assertEqual([(one.pid, one.other) for one in records if one.event == "forked"], [(made[1], made[0])])

    def test_numbers_that_are_allowed(self):
        records = self.probe("open", "open", settings={"CLOEXEC_ALLOW": "3"})
        self.assertEqual([(one.fd, one.flags & BY_ALLOWLIST) for one in records], [(3, BY_ALLOWLIST), (4, 0)])

    def test_starts_that_fail_and_that_nobody_asks_for(self):
        done = self.python("none = (ctypes.c_char_p * 2)(b'x')\n"
                           "print(libc.posix_spawn(None, b'/bin/true', None, None, none, None))\n"
                           "print(libc.posix_spawn(None, b'/nonexistent', None, None, none, None), os.wait()[1])")
        self.assertEqual((done.stdout, done.stderr), ("0\n2 0\n", ""))
        told = [one for one in self.ring.records() if one.event in ("exec", "spawned", "failed")]
        self.assertEqual([(one.event, one.texts) for one in told],
                         [("exec", ["posix_spawn", "/bin/true", "x"]), ("spawned", []),
                          ("exec", ["posix_spawn", "/nonexistent", "x"]), ("failed", [])])
        self.assertNotIn(told[1].other, (0, told[0].pid))
        self.setUp()
        records = self.probe("open", "null-starts")
        self.assertEqual([one.texts for one in records if one.event == "exec"],
                         [["execve", "", ""], ["execv", "", ""], ["execve", "/nonexistent", ""], ["execve", "/nonexistent", ""],
                          ["execveat", "", ""],
                          ["execveat", "", ""], ["fexecve", "", ""]])
        self.assertEqual([one.event for one in records].count("failed"), 7)

    def test_a_child_that_means_a_number_is_told_although_nothing_is_made(self):
        records = self.probe("open", "fork", "dup2-same:3", "end")
        self.assertEqual([(one.event, one.fd, one.texts[:1]) for one in records],
                         [("made", 3, ["open"]), ("forked", -1, ["policy_probe"]), ("made", 3, ["dup2"])])

    def test_a_long_name_of_a_policy_file_is_cut(self):
        path = self.folder / ("p" * 200)
        path.write_text("exempt open\n")
        path.chmod(0o600)
        records = self.probe("open", settings={"CLOEXEC_POLICY_FILE": str(path)})
        self.assertEqual(records[0].texts[3:], [str(path)[:127], "exempt open", ""])

    def test_texts_that_do_not_fit_are_cut(self):
        path = "/" + "x" * 600
        records = self.probe(f"open:{path}", f"start:execv={path} word")
        made = [one for one in records if one.event == "made" or one.flags & IS_CUT]
        self.assertEqual([one.event for one in made], ["exec"])
        name, program = made[0].texts
        self.assertEqual((name, len(name) + len(program)), ("execv", TEXT - 4))
        self.assertTrue(path.startswith(program))

    def test_sockets_arrive_with_their_state(self):
        self.python("import socket, subprocess\n"
                    "ends = socket.socketpair(); listener = socket.socket(); listener.listen()\n"
                    "subprocess.run(['/bin/true'], pass_fds=[ends[0].fileno(), listener.fileno()])\n"
                    "print(ends[0].fileno(), listener.fileno())")
        arrived = {one.fd: one.flags & IS_LISTENING for one in self.ring.records() if one.event == "arrived"}
        self.assertEqual(sorted(arrived.values()), [0, IS_LISTENING])

    def test_mode_off_records_nothing(self):
        for kind in ("open", "fopen"):
            self.run_audited(CALLS, kind, "5", mode="off")
        self.assertEqual(self.ring.records(), [])

    def test_observing_changes_no_flag_and_enforcing_does(self):
        program = "import fcntl; print(fcntl.fcntl(made(), fcntl.F_GETFD))"
        self.assertEqual(self.python(program).stdout, "0\n")
        self.assertEqual(self.python(program, mode="enforce").stdout, "1\n")


if __name__ == "__main__":
    unittest.main()
