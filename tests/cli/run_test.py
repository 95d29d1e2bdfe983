#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec run`: what the program gets, what is refused, and the exit statuses."""
import os
import pty
import signal
import subprocess
import unittest

from support import CLOEXEC, PATH, PROBE, SHIM, CommandTest

# Does what its argument says, and then starts perl, which leaks on purpose as it ends, and asks for a descriptor's flag.
SANITIZED = """
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int shared;
void *add(void *unused) { ++shared; return 0; }
int main(int count, char **arguments) {
  const char *what = arguments[1];
  char *volatile memory = malloc(8);
  volatile int number = INT_MAX;
  pthread_t thread;
  if (strcmp(what, "overflow") == 0) memory[count * 4] = 1;
  if (strcmp(what, "overflow-of-int") == 0) ++number;
  if (strcmp(what, "race") == 0) {
    pthread_create(&thread, 0, add, 0);
    ++shared;
    pthread_join(thread, 0);
  }
  free(memory);
  // What is left in a register hides the last one.
  for (int i = 0; strcmp(what, "leak") == 0 && i < 9; ++i) memory = malloc(8);
  memory = 0;
  printf("child %d\\n", system("perl -e 1"));
  FILE *file = fopen("/dev/null", "r");
  printf("flag %d\\n", fcntl(fileno(file), F_GETFD));
  fclose(file);
  return 7;
}
"""


class Run(CommandTest):
    def test_makes_close_on_exec_the_default(self):
        self.expect(self.cloexec("run", "--", *PROBE), 0, "1\n", "")
        self.expect(self.cloexec("run", "--mode", "off", *PROBE), 0, "0\n", "")
        number = self.cloexec("run", "--allow=3-200", *PROBE)
        self.expect(number, 0, "0\n", "")

    def test_rules_reach_the_shim(self):
        self.expect(self.cloexec("run", "--rule", "exempt open path=/dev/null", *PROBE), 0, "0\n", "")
        self.expect(self.cloexec("run", "--rule", "exempt open path=/dev/zero", *PROBE), 0, "1\n", "")
        file = self.policy_file("p.conf", "exempt open\n")
        self.expect(self.cloexec("run", "--policy", "p.conf", *PROBE), 0, "0\n", "")
        self.expect(self.cloexec("run", "--policy", file, "--rule", "force open", *PROBE), 0, "1\n", "")

    def test_options_become_variables(self):
        result = self.cloexec("run", "--allow", "3,5-7", "--rule", "exempt dup", "--rule", "force pipe", "--profile",
                              "strict", "--mode", "observe", "--no-propagate", "--policy", "nothing.conf", "cat",
                              "/proc/self/environ",
                              CLOEXEC_POLICY="exempt dup2", CLOEXEC_ALLOW="9")
        self.expect(result, 0, errors="")
        # As the program was started, whatever --no-propagate then makes of its environment.
        self.assertEqual(sorted(line for line in result.stdout.split("\0") if line.startswith("CLOEXEC")), [
            "CLOEXEC_ALLOW=3,5-7", "CLOEXEC_MODE=observe", "CLOEXEC_POLICY=exempt dup; force pipe; exempt dup2",
            f"CLOEXEC_POLICY_FILE={self.folder}/nothing.conf", "CLOEXEC_PROFILE=strict", "CLOEXEC_PROPAGATE=no"])

    def test_a_comment_swallows_no_other_rule(self):
        result = self.cloexec("run", "--rule", "exempt dup # why", "--rule", "force pipe", "printenv", "CLOEXEC_POLICY")
        self.expect(result, 0, "exempt dup # why\nforce pipe\n", "")

    def test_hands_arguments_over_as_they_are(self):
        for arguments in (["--help", "--allow", "x"], ["--", "a", "--", "b"], ["[a,b]", "", "unit", "run", "-h"]):
            script = ["/bin/sh", "-c", 'printf "<%s>" "$@"', "sh"]
            expected = "".join(f"<{argument}>" for argument in arguments)
            self.expect(self.cloexec("run", *script, *arguments), 0, expected, "")
            self.expect(self.cloexec("run", "--allow", "3", "--", *script, *arguments), 0, expected, "")
            self.expect(self.cloexec("run", "--allow=3", *script, *arguments), 0, expected, "")

    def test_keeps_other_preloads_behind_and_itself_once(self):
        def preload(value):
            return self.cloexec("run", "printenv", "LD_PRELOAD", LD_PRELOAD=value).stdout.strip()
        libc = "libc.so.6"
        self.assertEqual(preload(None), SHIM)
        self.assertEqual(preload(libc), f"{SHIM}:{libc}")
        self.assertEqual(preload(f"{SHIM} {libc}:{libc}:"), f"{SHIM}:{libc}:{libc}")
        nested = self.cloexec("run", CLOEXEC, "run", "printenv", "LD_PRELOAD")
        self.expect(nested, 0, f"{SHIM}\n", "")

    def test_sanitizers_start_behind_the_shim(self):
        """Each finds what it is for, gives its own status, and starts what is not sanitized as it would be bare."""
        source = self.folder / "program.c"
        source.write_text(SANITIZED)
        # (options, what makes it find something, the status then, and a word of the report)
        address = (["overflow"], 1, "heap-buffer-overflow"), (["leak"], 1, "detected memory leaks")
        insisting = ["gcc", "-fsanitize=address"], ["clang", "-fsanitize=address", "-shared-libasan"]
        kinds = (*((build, *address) for build in insisting),
                 (["gcc", "-fsanitize=address", "-static-libasan"], *address), (["clang", "-fsanitize=address"], *address),
                 (["gcc", "-fsanitize=thread"], (["race"], 66, "data race")),
                 (["gcc", "-fsanitize=leak"], (["leak"], 23, "detected memory leaks")),
                 (["gcc", "-fsanitize=undefined"], (["overflow-of-int"], 7, "signed integer overflow")))

        def library(compiler, name):
            asked = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
            return asked.stdout.strip()
        clang_runtimes = os.path.dirname(library("clang", f"libclang_rt.asan-{os.uname().machine}.so"))
        settings = {"ASAN_OPTIONS": None, "LD_LIBRARY_PATH": clang_runtimes}
        # Before a program that is not sanitized, for a library that is.
        self.expect(self.cloexec("run", "true", LD_PRELOAD=library("gcc", "libasan.so"), **settings), 0, "", "")
        program = self.folder / "program"
        script = self.folder / "script"
        script.write_text(f'#!/bin/sh\n{program} "$@"\n')
        script.chmod(0o755)
        for build, *findings in kinds:
            with self.subTest(" ".join(build)):
                subprocess.run([*build, "-w", "-g", source, "-o", program, "-pthread"], check=True)
                if build in insisting:
                    bare = self.cloexec("ok", command=program, LD_PRELOAD=SHIM, **settings)
                    self.expect(bare, 1, "")
                    self.assertIn("ASan runtime does not come first", bare.stderr)
                for command, flag in ((["run", program], 1), (["run", script], 1), (["audit", "-o", "report", program], 0)):
                    said = "cloexec: Nothing leaked: no descriptor above 2 crossed an exec.\n" if "-o" in command else ""
                    self.expect(self.cloexec(*command, "ok", **settings), 7, f"child 0\nflag {flag}\n", said)
                for arguments, status, words in findings:
                    result = self.cloexec("run", program, *arguments, **settings)
                    self.expect(result, status)
                    self.assertIn(words, result.stderr)

    def test_options_of_the_address_sanitizer_are_kept(self):
        def options(value):
            return self.cloexec("run", "printenv", "ASAN_OPTIONS", ASAN_OPTIONS=value).stdout
        self.assertEqual(options(None), "verify_asan_link_order=0\n")
        self.assertEqual(options(""), "verify_asan_link_order=0\n")
        self.assertEqual(options("detect_leaks=0"), "detect_leaks=0:verify_asan_link_order=0\n")
        for decided in ("verify_asan_link_order=1", "verify_asan_link_order=0:detect_leaks=0"):
            self.assertEqual(options(decided), decided + "\n")

    def test_exit_status_is_that_of_env(self):
        self.expect(self.cloexec("run", "sh", "-c", "exit 7"), 7)
        self.expect(self.cloexec("run", "sh", "-c", "kill -TERM $$"), -signal.SIGTERM)
        self.expect(self.cloexec("run", "no-such-program"), 127, "",
                    "cloexec: no-such-program: No such file or directory\n")
        self.expect(self.cloexec("run", "/"), 126, "", "cloexec: /: Permission denied\n")
        closed = subprocess.run(["sh", "-c", 'exec "$0" run --rule x true 2>&-', CLOEXEC], timeout=60,
                                env={"PATH": PATH})
        self.assertEqual(closed.returncode, 125)
        for wrong in ([], ["--no-such-option", "true"], ["--allow"]):
            result = self.cloexec("run", *wrong)
            self.expect(result, 125, "")
            self.assertIn("try `cloexec run --help`", result.stderr)

    def test_refuses_what_the_shim_would_ignore(self):
        rule = "exempt dup; exempt opne path=/x"
        self.expect_problem(self.cloexec("run", "--rule", rule, "true"), 125, "--rule:1:20",
                            "unknown call 'opne', did you mean 'open'?", rule, 20)
        self.expect_problem(self.cloexec("run", "true", CLOEXEC_POLICY="exemt"), 125, "CLOEXEC_POLICY:1:1",
                            "a rule begins with 'exempt' or 'force', not 'exemt', did you mean 'exempt'?", "exemt", 1)
        self.expect_problem(self.cloexec("run", "--allow", "3,x", "true"), 125, "--allow:1:3",
                            "not a descriptor number or a range such as 5-7", "3,x", 3)
        self.expect_problem(self.cloexec("run", "--mode", "obsrve", "true"), 125, "--mode:1:1",
                            "the mode is one of enforce, observe, off, not 'obsrve', did you mean 'observe'?",
                            "obsrve", 1)
        self.expect_problem(self.cloexec("run", "true", CLOEXEC_PROPAGATE="n"), 125, "CLOEXEC_PROPAGATE:1:1",
                            "the value is one of yes, no, not 'n', did you mean 'no'?", "n", 1)
        file = self.policy_file("bad.conf", "# fine\n\texempt socket whn=child\n")
        result = self.cloexec("run", "--policy", file, "sh", "-c", "echo started")
        self.expect(result, 125, "")
        self.assertIn(f"{file}:2:16: unknown key 'whn', did you mean 'when'?\n"
                      "    \texempt socket whn=child\n    \t              ^\n", result.stderr)

    def test_sources_within_the_limits_may_be_beyond_them_together(self):
        half = ["--rule", "exempt dup # " + "x" * 40_000]
        self.expect(self.cloexec("run", *half, "true"), 0)
        result = self.cloexec("run", *half, *half, "true")
        self.expect(result, 125)
        self.assertIn("CLOEXEC_POLICY:1:1: the policy is longer than 64 KiB", result.stderr)

    def test_colours_on_a_terminal_only(self):
        def on_a_terminal(**variables):
            ours, theirs = pty.openpty()
            subprocess.run([CLOEXEC, "run", "--rule", "x", "true"], stderr=theirs, timeout=60,
                           env={"PATH": PATH, "TERM": "xterm", "CLOEXEC_POLICY_FILE": self.nothing, **variables})
            os.close(theirs)
            seen = os.read(ours, 4096)
            os.close(ours)
            self.assertIn(b"--rule:1:1:", seen)
            return seen
        self.assertIn(b"\x1b[", on_a_terminal())
        self.assertIn(b"\x1b[", on_a_terminal(NO_COLOR=""))
        self.assertNotIn(b"\x1b", on_a_terminal(NO_COLOR="1"))
        self.assertNotIn("\x1b", self.cloexec("run", "--rule", "x", "true").stderr)
        self.assertNotIn("\x1b", self.cloexec("run", "--rule", "\x1b[31m", "true").stderr)


class Help(CommandTest):
    def test_every_command_has_it(self):
        commands = [], ["run"], ["audit"], ["policy"], ["policy", "check"], ["policy", "show"], ["policy", "explain"], \
            ["policy", "suggest"], ["unit"], ["ps"], ["doctor"]
        for command in commands:
            result = self.cloexec(*command, "--help")
            self.expect(result, 0, errors="")
            self.assertIn(f"Usage: {' '.join(['cloexec', *command])} ", result.stdout)
            self.assertLessEqual(max(map(len, result.stdout.splitlines())), 110, command)

    def test_says_what_a_program_is_followed_by(self):
        for command in ("run", "audit"):
            self.assertIn(f"Usage: cloexec {command} [OPTIONS] PROGRAM [ARG...]\n", self.cloexec(command, "--help").stdout)

    def test_says_the_values_of_an_option_once(self):
        self.assertRegex(self.cloexec("audit", "--help").stdout, r"--format text\|json\|html\|sarif\|junit\s")

    def test_says_what_is_wrong_with_a_value(self):
        for words, error in ((["--format", "xml", "--", "true"], "--format: xml not in {"),
                             (["--records", "0", "--", "true"], "--records: "), (["--"], "PROGRAM is required"),
                             (["--format", "json", "--fail-on-lek", "--", "true"],
                              "unknown option '--fail-on-lek', did you mean '--fail-on-leak'?")):
            result = self.cloexec("audit", *words)
            self.expect(result, 125, "")
            self.assertTrue(result.stderr.startswith("cloexec: " + error), result.stderr)

    def test_version_and_mistyped_commands(self):
        self.assertRegex(self.cloexec("--version").stdout, r"^cloexec \d+\.\d+\.\d+\n$")
        for words, error in ((["rum"], "unknown command 'rum', did you mean 'run'?"), ([], "a command is missing"),
                             (["policy", "chek"], "unknown command 'chek', did you mean 'check'?"),
                             (["run", "--alow=3", "ls"], "unknown option '--alow', did you mean '--allow'?")):
            result = self.cloexec(*words)
            self.expect(result, 125, "")
            self.assertRegex(result.stderr, "^cloexec: " + error.replace("?", r"\?") + r"\n  try `cloexec.* --help`\n$")


class Audit(CommandTest):
    def test_says_before_the_program_runs_that_the_report_has_nowhere_to_go(self):
        for option in ("--output", "--write-baseline", "--baseline"):
            result = self.cloexec("audit", option, "/nonexistent/report", "--", "touch", "ran")
            self.assertEqual(result.returncode, 125, option)
            self.assertIn("/nonexistent/report", result.stderr)
            self.assertFalse((self.folder / "ran").exists(), option)

    def test_exit_statuses_are_those_of_env(self):
        (self.folder / "plain").write_text("")
        for command, status in ((["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], 137), (["./missing"], 127), (["./plain"], 126)):
            self.assertEqual(self.cloexec("audit", "-o", "report", "--", *command).returncode, status, command)
        leaks = ["sh", "-c", "exec 7</dev/null; exec true"]
        self.assertEqual(self.cloexec("audit", "--fail-on-leak", "--profile", "strict", "-o", "report", "--", *leaks).returncode, 3)
        self.assertEqual(self.cloexec("audit", "--fail-on-leak", "-o", "report", "--", *leaks).returncode, 0)


if __name__ == "__main__":
    unittest.main()
