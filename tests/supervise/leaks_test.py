#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What reaches a new program, by every way to start one, of programs that no preload enters."""
import os
import unittest

from support import BUILDS, PROBE, SupervisedTest, runs_narrow, supervised

# Each begins with open (3 and 4 are inheritable), marked (5 is close-on-exec), and socket (6 is inheritable).
BEGIN = ["open:2", "marked", "socket"]
ALL = "3=/etc/passwd 4=/etc/passwd 6=socket"

# (verbs, what arrives bare, what arrives supervised)
LEAKED = [
    (["fork", "start", "end"], ALL, ""),
    (["vfork", "start", "end"], ALL, ""),
    (["clone:vm vfork", "start", "end"], ALL, ""),
    (["spawn"], ALL, ""),
    (["system:$PROBE arrived"], ALL, ""),
    (["thread", "spawn", "end"], ALL, ""),
    (["thread", "fork", "start", "end", "end"], ALL, ""),
    (["fork", "thread", "start", "end", "end"], ALL, ""),
    (["clone:parent", "start", "end"], ALL, ""),
    # The first thread has ended, of which the kernel says that it has nothing open and nothing mapped.
    (["hand-over", "fork", "start", "end", "end"], ALL, ""),
    (["hand-over", "vfork", "start", "end", "end"], ALL, ""),
    (["hand-over", "spawn", "end"], ALL, ""),
    (["hand-over", "thread", "fork", "start", "end", "end", "spawn", "end"], f"{ALL}\n{ALL}", "\n"),
    (["fork", "fork", "start", "end", "end"], ALL, ""),
    (["fork", "vfork", "start", "end", "end"], ALL, ""),
    (["fork", "close:3", "start", "end"], "4=/etc/passwd 6=socket", ""),
    # Nobody can say which of two processes with one table has made what is in it.
    (["clone:files", "start", "end"], ALL, ""),
    (["clone:files", "at:9", "start", "end"], f"{ALL} 9=/etc/hostname", ""),
    # What the parent has closed meanwhile, or replaced, is not the child's for that.
    (["leave", "sleep:100", "start", "end", "close:3", "close:4", "close:6", "sleep:200"], ALL, ""),
    (["leave", "sleep:100", "start", "end", "at:3", "at:4", "close:6", "sleep:200"], ALL, ""),
    # Of two openings of one file a parent with threads is believed to have made the later one.
    (["thread", "leave", "sleep:100", "start", "end", "again:3", "sleep:200", "end"], ALL, ""),
    (["thread", "fork", "again:4", "start", "end", "end"], ALL, ""),
    # What a parent that has ended made is its child's, but not its child's child's.
    (["leave", "until-orphaned", "at:9", "fork", "start", "end", "end"], f"{ALL} 9=/etc/hostname", ""),
]

GIVEN = [
    # Without a fork, everything.
    (["start"], ALL, ALL),
    (["thread", "start", "end"], ALL, ALL),
    (["fexecve"], f"{ALL} 7=$PROBE", f"{ALL} 7=$PROBE"),
    # What a child has made itself: at a number that was free, or in the place of what it got.
    (["fork", "at:9", "start", "end"], f"{ALL} 9=/etc/hostname", "9=/etc/hostname"),
    (["fork", "at:4", "start", "end"], "3=/etc/passwd 4=/etc/hostname 6=socket", "4=/etc/hostname"),
    (["fork", "again:4", "start", "end"], ALL, "4=/etc/passwd"),
    (["vfork", "at:4", "start", "end"], "3=/etc/passwd 4=/etc/hostname 6=socket", "4=/etc/hostname"),
    (["clone:vm vfork", "at:9", "start", "end"], f"{ALL} 9=/etc/hostname", "9=/etc/hostname"),
    (["thread", "fork", "dup:3 4", "start", "end", "end"], ALL, "4=/etc/passwd"),
    # What it is told by a word.
    (["fork", "start:--status-fd 4", "end"], ALL, "4=/etc/passwd"),
    (["fork", "setenv:X_FD=6", "start", "end"], ALL, "6=socket"),
    (["fork", "start:4 6", "end"], ALL, ""),
    (["fork", "setenv:GATEWAY_INTERFACE=1", "start:--status-fd 4", "end"], ALL, ""),
    # What its parent has marked, and it has cleared.
    (["fork", "clear:5", "start", "end"], "3=/etc/passwd 4=/etc/passwd 5=/etc/group 6=socket", "5=/etc/group"),
    (["fork", "fork", "clear:5", "start", "end", "end"], "3=/etc/passwd 4=/etc/passwd 5=/etc/group 6=socket", "5=/etc/group"),
    # A child that has outlived its parent has taken its place.
    (["leave", "until-orphaned", "at:9", "start", "end"], f"{ALL} 9=/etc/hostname", f"{ALL} 9=/etc/hostname"),
    (["leave", "leave", "until-orphaned", "start", "end", "end"], ALL, ALL),
    # Who asks not to be traced is not.
    (["clone:untraced", "start", "end"], ALL, ALL),
]


class Leaks(SupervisedTest):
    def expect_arrived(self, probe, cases):
        for verbs, bare, kept in cases:
            verbs = [verb.replace("$PROBE", str(probe)) for verb in verbs]
            with self.subTest(" ".join(verbs)):
                for command, expected in (([probe, *BEGIN, *verbs], bare), (supervised(probe, *BEGIN, *verbs), kept)):
                    result = self.run_command(command)
                    expected = "\n".join(["arrived " + line for line in expected.replace("$PROBE", str(probe)).split("\n")])
                    self.assertEqual((result.stdout.replace("arrived\n", "arrived \n"), result.stderr), (expected + "\n", ""), command)

    def test_static(self):
        self.expect_arrived(PROBE, LEAKED + GIVEN)

    def test_by_other_compilers(self):
        for name in BUILDS:
            with self.subTest(name):
                if name == "i386" and not runs_narrow():
                    self.skipTest("this kernel runs no 32-bit programs")
                self.expect_arrived(self.build(name), [case for case in LEAKED + GIVEN if "system" not in case[0][0]])

    def test_across_machines(self):
        """A 64-bit program starts a 32-bit one, and the other way round."""
        if not runs_narrow():
            self.skipTest("this kernel runs no 32-bit programs")
        narrow = self.build("i386")
        for one, other in ((PROBE, narrow), (narrow, PROBE)):
            for start, expected in (("fork", ""), ("vfork", "")):
                result = self.run_command(supervised(one, *BEGIN, start, f"start={other}:arrived", "end"))
                self.expect(result, 0, f"arrived{expected}\n", "")
                own = self.run_command(supervised(one, *BEGIN, start, "at:9", f"start={other}:arrived", "end"))
                self.expect(own, 0, "arrived 9=/etc/hostname\n", "")

    def test_what_was_there_before_passes_on(self):
        with open("/etc/group", encoding="utf-8") as file:
            os.dup2(file.fileno(), 42)
        os.set_inheritable(42, True)
        self.addCleanup(os.close, 42)
        for verbs in (["start"], ["fork", "start", "end"], ["fork", "fork", "start", "end", "end"]):
            result = self.run_command(supervised(PROBE, *BEGIN, *verbs, options=["--profile", "strict"]), pass_fds=[42])
            self.expect(result, 0, "arrived 42=/etc/group\n", "")
        # But not what a program has put there since.
        result = self.run_command(supervised(PROBE, "at:42", "fork", "start", "end"), pass_fds=[42])
        self.expect(result, 0, "arrived\n", "")

    def test_what_a_program_was_given_it_may_pass_on(self):
        """As under the shim, which never touches what was there at a program's start."""
        command = supervised(PROBE, "fork", "at:9", f"start={PROBE}:open fork start end", "end")
        self.expect(self.run_command(command), 0, "arrived 9=/etc/hostname\n", "")

    def test_what_a_program_was_started_with_tells_nothing(self):
        """Its variables are looked up in a thread that still is there."""
        for begin, end in ((["fork"], ["end"]), (["hand-over", "fork"], ["end", "end"]), (["thread", "fork"], ["end", "end"])):
            verbs = ["open:2", *begin, "start", *end]
            self.expect(self.run_command(supervised(PROBE, *verbs), {"X_FD": "3"}), 0, "arrived\n", "")

    def test_scripts(self):
        script = self.folder / "script"
        script.write_text(f"#!{PROBE} arrived\n")
        script.chmod(0o755)
        for verbs, expected in ((["fork", f"start={script}", "end"], ""), ([f"start={script}"], f" {ALL}"),
                                (["fork", "at:9", f"start={script}", "end"], " 9=/etc/hostname")):
            self.expect(self.run_command(supervised(PROBE, *BEGIN, *verbs)), 0, f"arrived{expected}\n", "")
        # What the interpreter is to open is announced thereby.
        result = self.run_command(supervised(PROBE, *BEGIN, "fork", f"fexecve={script}", "end"))
        self.expect(result, 0, f"arrived 7={script}\n", "")

    def test_many(self):
        """Hundreds of descriptors, kept ones between."""
        told = [5, 100, 101, 399]
        words = " ".join(f"--status-fd {number}" for number in told)
        result = self.run_command(supervised(PROBE, "open:500", "fork", f"start:{words}", "end"))
        self.expect(result, 0, "arrived" + "".join(f" {number}=/etc/passwd" for number in told) + "\n", "")

    def test_many_marked_ones(self):
        """More than are listed at a fork."""
        for verbs, expected in ((["fork", "again:150", "start", "end"], " 150=/etc/passwd"), (["fork", "start", "end"], ""),
                                (["thread", "fork", "again:9", "start", "end", "end"], " 9=/etc/passwd")):
            result = self.run_command(supervised(PROBE, "marked:200", "open", *verbs))
            self.expect(result, 0, f"arrived{expected}\n", "")


if __name__ == "__main__":
    unittest.main()
