#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a process leaves of its call stacks in an audit's ring: enough to find the calls, and nothing else.

Under another architecture's emulator, too: no unwinder is needed to see that the return addresses are there.
"""
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "audit"))

from ring import HEADER, ORDER, Ring, STACK, STACK_SIZE  # noqa: E402

CALLERS, SHIM, NM, FIRST, SECOND, PLACED = (
    os.environ[name] for name in ("CALLERS", "AUDIT_SHIM", "NM", "FIRST", "SECOND", "PLACED"))
EMULATOR = os.environ["EMULATOR"].split()
MOST_STACK, PAGE, I386, ARM = 32768, 4096, 3, 40  # machines: elf(5)


@functools.cache
def functions_of(path):
    """(first, behind the last, name) of each."""
    lines = [line.split() for line in subprocess.run([NM, "-S", path], check=True, capture_output=True, text=True).stdout.splitlines()]
    return [(int(at, 16), int(at, 16) + int(size, 16), name) for at, size, kind, name in (line for line in lines if len(line) == 4)
            if kind in "tTW"]


def function_at(stack, address):
    """What a return address is in; empty when that is no function of these programs."""
    for begin, end, bias, _, path in stack.modules:
        # Those of this folder: the emulator's own root has others' paths.
        if begin <= address < end and (path or CALLERS).startswith(os.path.dirname(CALLERS)):
            name = [name for first, last, name in functions_of(path or CALLERS) if first < address - bias <= last]
            return name[0].removeprefix("_ZN12_GLOBAL__N_1") if name else ""
    return ""


class Copies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_callers(self, *arguments, slots=1024, stacks=256):
        """The records of what was made of /etc/passwd."""
        self.ring = Ring(self.folder / "ring", slots, stacks)
        settings = {"LD_PRELOAD": SHIM, "CLOEXEC_MODE": "observe", "CLOEXEC_AUDIT": str(self.ring.path)}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_"))}
        command = [CALLERS, *arguments]
        if EMULATOR:
            command = [*EMULATOR, *(word for one in settings.items() for word in ("-E", "=".join(one))), *command]
        else:
            environment |= settings
        # What it starts under an emulator is another machine's, and no matter here.
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [one for one in self.ring.records() if one.event == "made" and "/etc/passwd" in one.texts]

    def stack_of(self, *arguments, **options):
        *_, made = self.run_callers(*arguments, **options)
        self.assertIsNotNone(made.stack)
        return made.stack

    def tickets(self):
        return HEADER.unpack_from(self.ring.path.read_bytes())[6]

    def assert_has_calls(self, stack, *names):
        """The innermost, then return addresses further and further up."""
        self.assertEqual(function_at(stack, stack.caller), names[0])
        found = [function_at(stack, word) for _, word in sorted(stack.words.items())]
        at = 0
        for name in names:
            self.assertIn(name, found[at:])
            at = found.index(name, at) + 1

    def test_calls_through_libraries_in_a_thread(self):
        stack = self.stack_of("thread")
        self.assert_has_calls(stack, "open_secret", "load_secret", "read_settings", "begin_service", "4workEPv")
        self.assertFalse(stack.is_cut)

    def test_calls_of_the_first_thread(self):
        self.assert_has_calls(self.stack_of("here"), "9open_hereEv", "main")

    def test_the_child_of_a_fork_leaves_its_own(self):
        made, = self.run_callers("child")
        self.assert_has_calls(made.stack, "9open_hereEv", "main")

    def test_objects_are_where_the_words_say(self):
        stack = self.stack_of("thread")
        paths = [pathlib.Path(path).name for *_, path in stack.modules]
        self.assertEqual(len(paths), len(set(paths)))
        for name in ("", "libcallers_inner.so", "libcallers_outer.so", "libcloexec.so"):
            self.assertIn(name, paths)
        for begin, end, bias, build_id, path in stack.modules:
            self.assertTrue(bias <= begin < end, path)
            if path.startswith(os.path.dirname(CALLERS)):
                notes = subprocess.run(["readelf", "-n", path], check=True, capture_output=True, text=True).stdout
                self.assertEqual(build_id.to_bytes(4, ORDER).hex(), re.search(r"Build ID: (\w{8})", notes)[1], path)

    def test_nothing_but_addresses_leaves_the_stack(self):
        for how in ("thread", "handler", "deep", "here"):
            stack = self.stack_of(how)
            size = 4 if stack.machine in (I386, ARM) else 8
            for place, word in stack.words.items():
                here = stack.begin + place * size
                is_frame = here < word <= here + MOST_STACK
                is_code = any(begin <= word < end for begin, end, *_ in stack.modules)
                before = stack.words.get(place - 1, 0)
                is_behind_frame = here - size < before <= here - size + MOST_STACK
                self.assertTrue(is_frame or is_code or is_behind_frame, (how, place, hex(word)))

    def test_a_strange_stack_is_not_read_beyond_its_page(self):
        for how in ("coroutine", "alternate"):
            stack = self.stack_of(how)
            self.assertEqual(stack.end % PAGE, 0, how)
            self.assertLessEqual(stack.end - stack.begin, PAGE, how)
            self.assertEqual(function_at(stack, stack.caller), "9open_hereEv", how)

    def test_a_long_stack_is_cut(self):
        stack = self.stack_of("deep")
        found = [function_at(stack, word) for word in stack.words.values()]
        self.assertGreater(found.count("7recurseEi"), 20)
        self.assertTrue(all(one.end - one.begin <= MOST_STACK for one in self.ring.stacks().values()))

    def test_a_stack_that_comes_again_is_named(self):
        records = self.run_callers("repeat")
        self.assertEqual(len(records), 102)
        # What lies about on the stack may differ: the first times, and on i386 in one word two times of three.
        is_i386 = records[-1].stack.machine == I386
        self.assertLess(self.tickets(), 75 if is_i386 else 20)
        self.assertEqual([function_at(one.stack, one.stack.caller) for one in records[-3:]],
                         ["9open_hereEv", "open_secret", "9open_hereEv"])
        self.assertLessEqual(len({one.stack.ticket for one in records[50:100]}), 34 if is_i386 else 1)
        self.assertEqual(len({one.stack.ticket for one in records[-3:]}), 3)

    def test_a_library_in_the_place_of_another_is_known(self):
        one, two = self.run_callers("plugins", FIRST, SECOND)
        self.assert_has_calls(one.stack, "opened_by_first", "plugin_open")
        self.assert_has_calls(two.stack, "opened_by_second", "plugin_open")

    def test_a_library_that_was_linked_to_be_elsewhere_is_left_alone(self):
        """What its addresses count from is no place in memory."""
        made, = self.run_callers("plugins", PLACED)
        self.assertIn(pathlib.Path(PLACED).name, made.texts)
        self.assertNotIn(PLACED, [path for *_, path in made.stack.modules])
        self.assertIn("main", [function_at(made.stack, word) for word in made.stack.words.values()])

    def test_stacks_that_have_no_room_are_counted(self):
        made = self.run_callers("repeat", stacks=1)
        self.assertEqual(len([one for one in made if one.stack is not None]), 1)
        self.assertEqual(len(made), 102)
        self.assertGreater(self.ring.lost_stacks, 1)

    def test_a_record_without_room_frees_its_stack(self):
        self.run_callers("repeat", slots=1)
        self.assertGreater(self.ring.lost, 100)
        self.assertGreater(self.tickets(), 1)
        data = self.ring.path.read_bytes()
        states = {STACK.unpack_from(data, at)[0] for at in range(self.ring.records_end(), len(data), STACK_SIZE)}
        self.assertEqual(states, {0})

    def test_none_is_left_when_none_is_wanted(self):
        made, = self.run_callers("here", stacks=0)
        self.assertIsNone(made.stack)
        self.assertEqual(self.tickets(), 0)

    def test_who_clears_a_flag_is_told(self):
        self.run_callers("fcntl")
        told = [one for one in self.ring.records() if one.event == "flagged" and one.flags & 1]
        self.assertEqual([one.texts[:2] for one in told], [["fcntl", "callers"]])
        self.assertIn("4keepEi", function_at(told[0].stack, told[0].stack.caller))


if __name__ == "__main__":
    unittest.main()
