# SPDX-License-Identifier: Apache-2.0
"""No memory for the shim itself: it says so, keeps nothing half read, and the program goes on with its descriptors forced."""
import unittest

from support import SHIM, FaultTest, probe, run

# Nearly as long as a policy may be, so that it needs memory which is denied.
LONG_POLICY = "exempt open fd=3\n" + "force socket fd=7\n" * 900 + "#" * 45000
DENIED = [probe("deny"), "ENOMEM", "private_memory", "--", "env"]


class Memory(FaultTest):
    def test_for_the_rules_of_a_variable(self):
        command = [*DENIED, f"LD_PRELOAD={SHIM}", f"CLOEXEC_POLICY={LONG_POLICY}", probe("probe"), "open", "socket"]
        result = run(command)
        self.assertEqual((result.returncode, result.stdout), (0, "open 3 1\nsocket 4 1\n"))
        self.assertEqual(result.stderr, "cloexec: CLOEXEC_POLICY:1:1: no memory for the rules; the variable is ignored\n")
        self.assertEqual(run(command[4:]).stdout, "open 3 0\nsocket 4 1\n")

    def test_for_the_rules_of_a_file(self):
        policy = self.folder / "policy"
        policy.write_text(LONG_POLICY)
        command = [*DENIED, f"LD_PRELOAD={SHIM}", f"CLOEXEC_POLICY_FILE={policy}", probe("probe"), "open", "socket"]
        result = run(command)
        self.assertEqual((result.returncode, result.stdout), (0, "open 3 1\nsocket 4 1\n"))
        self.assertEqual(result.stderr, f"cloexec: {policy}:1:1: no memory for the rules; the file is ignored\n")
        self.assertEqual(run(command[4:]).stdout, "open 3 0\nsocket 4 1\n")

    def test_for_a_program_that_is_to_be_given_something(self):
        """It needs no memory."""
        arrived = "arrived 3"
        for how in ("execv", "execvp", "posix_spawn"):
            for verbs in (["open"], ["open", "second-thread"]):
                with self.subTest(how=how, verbs=verbs):
                    result = run([*DENIED, f"LD_PRELOAD={SHIM}", "CLOEXEC_POLICY=exempt exec", probe("policy_probe"), *verbs,
                                  f"start:{how}={probe('arrived')}"])
                    self.assertEqual((result.returncode, result.stdout, result.stderr), (0, f"open 3 1\n{arrived}\n", ""))

    def test_address_space_at_load(self):
        """RLIMIT_AS from too little for the loader to more than enough: never a crash, never a program that is half
        under the shim."""
        policy = self.folder / "policy"
        policy.write_text(LONG_POLICY)
        ends = set()
        for size in range(1 << 20, 9 << 20, 64 << 10):
            limited = ["prlimit", f"--as={size}", probe("probe"), "open", "socket"]
            result = run(["prlimit", f"--as={size}", "env", f"LD_PRELOAD={SHIM}", f"CLOEXEC_POLICY_FILE={policy}",
                          *limited[2:]])
            if result.returncode != 0:
                # As bare, a little below; and by no signal.
                self.assertGreater(result.returncode, 0, result.stderr)
                ends.add("does not start")
            elif "no memory for the rules" in result.stderr:
                self.assertEqual(result.stdout, "open 3 1\nsocket 4 1\n")
                ends.add("no rules")
            elif "cannot be preloaded" in result.stderr:
                self.assertEqual(result.stdout, "open 3 0\nsocket 4 0\n")
                ends.add("not loaded")
            else:
                self.assertEqual((result.stdout, result.stderr), ("open 3 0\nsocket 4 1\n", ""))
                ends.add("whole")
        self.assertIn("does not start", ends)
        self.assertIn("whole", ends)


if __name__ == "__main__":
    unittest.main()
