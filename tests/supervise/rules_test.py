#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The policy decides for the supervisor as for the shim: rules, the allowlist, the profile, modes."""
import shutil
import unittest

from support import CLOEXEC, PROBE, SHIM, SupervisedTest, supervised

BEGIN = ["open", "socket", "pipe"]  # 3, 4, 5 and 6
FORK = ["fork", "start", "end"]
EVERYTHING = "3=/etc/passwd 4=socket 5=pipe 6=pipe"


class Rules(SupervisedTest):
    def arrived(self, *verbs, options=(), program=PROBE, mode="off", **more):
        result = self.run_command(supervised(program, *verbs, options=options, mode=mode), **more)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"^arrived.*\n$")
        return result.stdout.removeprefix("arrived").strip()

    def expect_by_rules(self, cases, *verbs, program=PROBE):
        for rule, expected in cases:
            with self.subTest(rule):
                self.assertEqual(self.arrived(*verbs, options=["--rule", rule], program=program), expected)

    def test_the_allowlist(self):
        self.assertEqual(self.arrived(*BEGIN, *FORK, options=["--allow", "4,6-9"]), "4=socket 6=pipe")

    def test_rules_for_exec(self):
        self.expect_by_rules([
            ("exempt exec", EVERYTHING),
            ("exempt exec fd=4,5", "4=socket 5=pipe"),
            ("exempt exec path=/etc/*", "3=/etc/passwd"),
            ("exempt exec when=child", EVERYTHING),
            ("exempt exec when=parent", ""),
            ("exempt exec target=supervise_probe,exe", EVERYTHING),
            ("exempt exec target=other", ""),
            ("exempt exec program=supervise_probe path=socket*", "4=socket"),
            ("exempt exec program=other", ""),
            # Which function of libc has started it nobody saw: in doubt the program is right.
            ("exempt execve", EVERYTHING),
            ("force execve own=yes; exempt exec", EVERYTHING),
            ("force exec; exempt exec", ""),
        ], *BEGIN, *FORK)

    def test_rules_for_what_makes_descriptors(self):
        """What a descriptor is tells of the calls that may have made it."""
        self.expect_by_rules([
            ("exempt *", EVERYTHING),
            ("exempt open", "3=/etc/passwd"),
            ("exempt open path=/etc/p*", "3=/etc/passwd"),
            ("exempt open path=/etc/g*", ""),
            ("exempt socket,pipe fd=5,6", "5=pipe 6=pipe"),
            ("exempt accept", "4=socket"),
            ("exempt event", ""),
            ("exempt dup", EVERYTHING),
            ("exempt dup program=other", ""),
            # Its only module is itself.
            ("exempt open module=supervise_probe", "3=/etc/passwd"),
            ("exempt open module=libc.so*", ""),
            ("force path=/etc/*; exempt *", "4=socket 5=pipe 6=pipe"),
            ("force open path=/etc/*; exempt *", EVERYTHING),  # not for certain by open
        ], *BEGIN, *FORK)

    def test_modules_of_a_dynamic_program(self):
        dynamic = self.build("dynamic")
        self.expect_by_rules([("exempt open module=libc.so*", "3=/etc/passwd"), ("exempt open module=libm.so*", ""),
                              ("force open module=libc.so*; exempt open", "3=/etc/passwd")], *BEGIN, *FORK, program=dynamic)

    def test_strict(self):
        """No rule at all: own and told are closed, too; what the process has cleared itself, and what was there, is not."""
        strict = ["--profile", "strict"]
        all_by_rule = [*strict, "--rule", "exempt exec"]
        for verbs, kept, with_rule in (
                (["fork", "at:9", "start:--status-fd 3", "end"], "", f"{EVERYTHING} 9=/etc/hostname"),
                (["start"], "", EVERYTHING),
                (["marked", "fork", "clear:7", "start", "end"], "7=/etc/group", f"{EVERYTHING} 7=/etc/group")):
            self.assertEqual(self.arrived(*BEGIN, *verbs, options=strict), kept)
            self.assertEqual(self.arrived(*BEGIN, *verbs, options=all_by_rule), with_rule)

    def test_a_shell_keeps_what_its_script_opens(self):
        shell = self.folder / "busybox"
        shutil.copy(PROBE, shell)
        self.assertEqual(self.arrived(*BEGIN, *FORK, program=shell), EVERYTHING)
        # By the name that it was started under.
        link = self.folder / "ash"
        link.symlink_to(PROBE)
        self.assertEqual(self.arrived(*BEGIN, *FORK, program=link), EVERYTHING)

    def test_observe_changes_nothing(self):
        self.assertEqual(self.arrived(*BEGIN, *FORK, mode="observe"), EVERYTHING)

    def test_a_policy_file(self):
        file = self.folder / "policy"
        file.write_text("exempt socket\n")
        self.assertEqual(self.arrived(*BEGIN, *FORK, options=["--policy", str(file)]), "4=socket")


class Together(SupervisedTest):
    """With the shim at work in what it can enter."""

    def test_each_guards_what_it_reaches(self):
        dynamic = self.build("dynamic")
        for one, other in ((dynamic, PROBE), (PROBE, dynamic), (dynamic, dynamic), (PROBE, PROBE)):
            start = f"start={other}:{'open open fork start end' if other == PROBE else 'open fork start end'}"
            result = self.run_command(supervised(one, *BEGIN, "fork", start, "end", mode=None))
            self.expect(result, 0, "arrived\n", "")

    def test_what_a_shimmed_program_has_cleared_passes_on(self):
        """In the parent: the shim has forced it, the program has taken that back."""
        dynamic = self.build("dynamic")
        verbs = ["open:2", "clear:4", "fork", "start", "end"]
        self.expect(self.run_command(supervised(dynamic, *verbs, mode=None)), 0, "arrived 4=/etc/passwd\n", "")
        # Nobody saw that in a program without the shim.
        self.expect(self.run_command(supervised(PROBE, *verbs, mode=None)), 0, "arrived\n", "")
        self.expect(self.run_command(supervised(dynamic, *verbs, mode="off")), 0, "arrived\n", "")

    def test_the_shim_is_preloaded(self):
        self.expect(self.run_command(supervised("printenv", "LD_PRELOAD", mode=None)), 0, f"{SHIM}\n", "")

    def test_children_without_the_shim_are_guarded(self):
        """A shell's are its own business; their children's are not."""
        dynamic = self.build("dynamic")
        command = supervised("sh", "-c", f"exec 5</etc/group; env -u LD_PRELOAD {dynamic} open fork start end", mode=None)
        self.expect(self.run_command(command), 0, "arrived 5=/etc/group\n", "")


class Options(SupervisedTest):
    def test_only_of_run(self):
        for command in (["audit"], ["unit", "x"]):
            result = self.run_command([CLOEXEC, *command, "--supervise", "true"])
            self.expect(result, 125)


if __name__ == "__main__":
    unittest.main()
