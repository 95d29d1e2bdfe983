#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec policy check`, `show` and `explain`."""
import os
import pathlib
import subprocess
import unittest

from support import CLOEXEC, PATH, CommandTest


class Check(CommandTest):
    def test_says_ok(self):
        file = self.policy_file("good.conf", 'exempt dup2 when=child # plumbing\nforce open path="/a b"; exempt pipe\n')
        self.expect(self.cloexec("policy", "check", file), 0, "ok\n", "")
        self.expect(self.cloexec("policy", "check"), 0, "ok\n", "")
        self.expect(self.cloexec("policy", "check", CLOEXEC_POLICY_FILE=file, CLOEXEC_ALLOW="3"), 0, "ok\n", "")

    def test_says_ok_of_the_example_and_of_each_rule_in_it(self):
        example = pathlib.Path(__file__).parents[2] / "docs" / "examples" / "cloexec.conf"
        rules = [line.removeprefix("#") for line in example.read_text().splitlines() if line.startswith(("#exempt", "#force"))]
        self.assertGreaterEqual(len(rules), 4)
        for text in (example.read_text(), "\n".join(rules)):
            self.expect(self.cloexec("policy", "check", self.policy_file("example.conf", text)), 0, errors="")

    def test_shows_every_error_with_its_place(self):
        lines = ["exempt opne", "force dup fd=9-3", "exempt dup2", "exemt; exempt dup whn=child"]
        file = self.policy_file("bad.conf", "\n".join(lines))
        self.expect(self.cloexec("policy", "check", file), 1, "", f"""\
{file}:1:8: unknown call 'opne', did you mean 'open'?
    {lines[0]}
           ^
{file}:2:14: the range ends before it begins
    {lines[1]}
                 ^
{file}:4:1: a rule begins with 'exempt' or 'force', not 'exemt', did you mean 'exempt'?
    {lines[3]}
    ^
{file}:4:19: unknown key 'whn', did you mean 'when'?
    {lines[3]}
                      ^
""")
        self.assertEqual(self.cloexec("policy", "check", CLOEXEC_POLICY_FILE=file).stderr.count("^"), 4)

    def test_refuses_rules_that_can_never_match(self):
        lines = ["exempt pipe path=/x", "exempt posix_spawn own=yes", "exempt posix_spawn when=parent", "force fd=0-2"]
        file = self.policy_file("never.conf", "\n".join(lines))
        self.expect(self.cloexec("policy", "check", file), 1, "", f"""\
{file}:1:13: only for calls of the families open, stdio, temp and exec: 'path'
    {lines[0]}
                ^
{file}:2:20: what posix_spawn starts has made nothing, so that a rule for it never matches by 'own'
    {lines[1]}
                       ^
{file}:3:25: what posix_spawn starts is a child, never a 'parent'
    {lines[2]}
                            ^
{file}:4:10: 0 to 2 are always inheritable, so that a rule never forces '0-2'
    {lines[3]}
             ^
""")

    def test_the_caret_stands_under_the_place_in_long_lines_and_beside_other_alphabets(self):
        for before in ('exempt open path="/\u00e9\u00df" ', f"exempt open path=/{'a' * 50_000} "):
            file = self.policy_file("long.conf", before + "xyz" + " " * 500)
            result = self.cloexec("policy", "check", file)
            self.expect(result, 1)
            shown, caret = result.stderr.splitlines()[1:3]
            self.assertLess(len(shown), 120)
            self.assertTrue(shown[caret.index("^"):].startswith("xyz"), result.stderr)

    def test_files_that_the_shim_would_not_read(self):
        fifo = str(self.folder / "fifo")
        os.mkfifo(fifo)
        dangling = self.folder / "dangling"
        dangling.symlink_to("nowhere")
        good = self.policy_file("good.conf", "exempt dup")
        os.symlink(good, self.folder / "link")
        self.expect(self.cloexec("policy", "check", str(self.folder / "link")), 0, "ok\n", "")
        writable = "group or others may write it (mode "
        for file, why in ((fifo, "not a regular file"), (self.folder, "not a regular file"),
                          ("/dev/zero", "not a regular file"), (dangling, "No such file or directory"),
                          ("", "No such file or directory"),
                          (self.policy_file("group.conf", "exempt dup", 0o664), writable + "0664)"),
                          (self.policy_file("world.conf", "exempt dup", 0o602), writable + "0602)"),
                          (self.policy_file("big.conf", "#" * 65537), "the policy is longer than 64 KiB")):
            result = self.cloexec("policy", "check", str(file))
            self.expect(result, 1, "")
            self.assertIn(f"{file}:1:1: {why}", result.stderr)
        self.expect(self.cloexec("policy", "check", self.policy_file("full.conf", "#" * 65536)), 0)

    @unittest.skipIf(os.geteuid() != 0, "only root can give a file away")
    def test_a_file_of_another_user(self):
        file = self.policy_file("theirs.conf", "exempt dup")
        os.chown(file, 12345, -1)
        result = self.cloexec("policy", "check", file)
        self.expect(result, 1, "")
        self.assertIn(f"{file}:1:1: belongs to user 12345", result.stderr)

    def test_bytes_of_all_kinds(self):
        file = self.policy_file("bytes.conf", bytes(range(256)) * 8)
        result = self.cloexec("policy", "check", file)
        self.expect(result, 1, "")
        self.assertNotRegex(result.stderr, "[\\x00-\\x08\\x0b-\\x1f\\x7f]")

    def test_a_full_disk_is_a_failure(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([CLOEXEC, "policy", "check", self.nothing], stdout=full, stderr=subprocess.PIPE,
                                    text=True, env={"PATH": PATH}, timeout=60)
        self.assertEqual((result.returncode, result.stderr),
                         (125, "cloexec: standard output cannot be written: No space left on device\n"))


class InForce(CommandTest):
    """`show` and `explain`, with a rule in each of the sources."""

    def setUp(self):
        super().setUp()
        self.file = self.policy_file("p.conf", "# of the file\nexempt open path=/run/*; force pipe\n"
                                     "exempt program=nginx,/opt/*/bin/app*\n\nexempt dup fd=10-12 module=libx.so*\n")
        self.variables = {"CLOEXEC_ALLOW": "3, 5-7",
                          "CLOEXEC_POLICY": "force open path=/run/lock/*; exempt dup2 when=child",
                          "CLOEXEC_POLICY_FILE": self.file, "CLOEXEC_PROFILE": "strict"}

    def show(self, *options, **variables):
        result = self.cloexec("policy", "show", *options, **{**self.variables, **variables})
        self.expect(result, 0, errors="")
        return [tuple(part.strip() for part in line.rsplit("  # ", 1)) for line in result.stdout.splitlines()]

    def explain(self, *question, status=0, **variables):
        result = self.cloexec("policy", "explain", *question, **{**self.variables, **variables})
        self.expect(result, status)
        return result.stdout.rstrip("\n")

    ALWAYS = [("exempt fd=0-2", "always"), ('exempt fd="3, 5-7"', "CLOEXEC_ALLOW")]
    VARIABLE = [("force open path=/run/lock/*", "CLOEXEC_POLICY:1"), ("exempt dup2 when=child", "CLOEXEC_POLICY:1")]

    def of_file(self, *wanted):
        rules = {2: "exempt open path=/run/*", 2.5: "force pipe", 3: "exempt program=nginx,/opt/*/bin/app*",
                 5: "exempt dup fd=10-12 module=libx.so*"}
        return [(rules[line], f"{self.file}:{int(line)}") for line in wanted]

    def test_shows_the_rules_in_the_order_in_which_they_are_asked(self):
        self.assertEqual(self.show(), self.ALWAYS + self.VARIABLE + self.of_file(2, 2.5, 3, 5))

    def test_shows_what_concerns_a_program(self):
        with_it = self.ALWAYS + self.VARIABLE + self.of_file(2, 2.5, 3, 5)
        without = self.ALWAYS + self.VARIABLE + self.of_file(2, 2.5, 5)
        for program in ("nginx", "/usr/sbin/nginx", "/opt/x/bin/app2"):
            self.assertEqual(self.show("--program", program), with_it)
        for program in ("nginx2", "/bin/app2", "app2"):
            self.assertEqual(self.show("--program", program), without)
        link = self.folder / "started-as"
        link.symlink_to(self.policy_file("nginx", ""))
        self.assertEqual(self.show("--program", str(link)), with_it)

    def test_the_profile_comes_last(self):
        standard = self.show(CLOEXEC_PROFILE=None)
        strict = self.show()
        self.assertEqual(standard[:len(strict)], strict)
        self.assertGreater(len(standard), len(strict))
        for _, source in standard[len(strict):]:
            self.assertRegex(source, r"^standard:\d+$")

    def test_what_it_shows_is_a_policy(self):
        output = self.cloexec("policy", "show", **self.variables).stdout
        file = self.policy_file("shown.conf", output)
        self.expect(self.cloexec("policy", "check", file), 0, "ok\n", "")

    def test_explains_by_the_first_rule_that_matches(self):
        self.assertEqual(self.explain("open"), "force: no rule")
        self.assertEqual(self.explain("open", "path=/run/lock/a"),
                         "force: CLOEXEC_POLICY:1: force open path=/run/lock/*")
        self.assertEqual(self.explain("openat64", "path=/run/a"), f"exempt: {self.file}:2: exempt open path=/run/*")
        self.assertEqual(self.explain("pipe2", "program=nginx"), f"force: {self.file}:2: force pipe")
        self.assertEqual(self.explain("socket", "program=/usr/sbin/nginx"),
                         f"exempt: {self.file}:3: exempt program=nginx,/opt/*/bin/app*")
        self.assertEqual(self.explain("socket", "program=apache2"), "force: no rule")
        self.assertEqual(self.explain("dup2", "when=child"), "exempt: CLOEXEC_POLICY:1: exempt dup2 when=child")
        self.assertEqual(self.explain("dup2", "when=parent"), "force: no rule")

    def test_explains_numbers(self):
        for number in (0, 1, 2):
            self.assertEqual(self.explain("pipe", f"fd={number}"), "exempt: always: descriptors 0-2")
        for number in (3, 5, 7):
            self.assertEqual(self.explain("pipe", f"fd={number}"), "exempt: CLOEXEC_ALLOW: 3, 5-7")
        rule = f"{self.file}:5: exempt dup fd=10-12 module=libx.so*"
        self.assertEqual(self.explain("dup", "module=/usr/lib/libx.so.2", "fd=11"), f"exempt: {rule}")
        self.assertEqual(self.explain("dup", "module=libx.so.2", "fd=13"), "force: no rule")
        self.assertEqual(self.explain("dup", "fd=11"), "force: no rule")
        self.assertEqual(self.explain("dup", "module=libx.so.2"), f"depends on the number, give fd=N: {rule}")

    def test_explains_what_is_announced(self):
        told = "exempt: standard:4: exempt exec announced=yes"
        depends = "depends on the number, give fd=N: standard:4: exempt exec announced=yes"
        untold = "force: no rule"
        for question, wanted in (
                ("target=/usr/bin/gpg fd=7 -- --status-fd 7", [told, "announced: 7 by '--status-fd 7'"]),
                ("target=/usr/bin/gpg fd=8 -- --status-fd 7", [untold, "announced: no"]),
                ("fd=7 -- --status-fd=7 --command-fd=7",
                 [told, "announced: 7 by '--status-fd=7'", "announced: 7 by '--command-fd=7'"]),
                ("fd=7 -- fd=7", [told, "announced: 7 by 'fd=7'"]),
                ("fd=6 -- NGINX=5;6;", [told, "announced: 6 by 'NGINX=5;6;'"]),
                ("fd=4 -- LISTEN_FDS=2", [told, "announced: 4 by 'LISTEN_FDS=2'"]),
                ("target=xterm fd=8 -- -Sab8", [told, "announced: 8 by '-Sab8'"]),
                ("target=/usr/bin/x fd=8 -- -Sab8", [untold, "announced: no"]),
                ("fd=7 -- --status-fd 7 HTTP_FD=8", [told, "announced: 7 by '--status-fd 7'"]),
                ("fd=7 -- --status-fd 7 GATEWAY_INTERFACE=CGI/1.1", [untold, "announced: no"]),
                ("fd=5 -- 5", [untold, "announced: no"]),
                ("fd=5 --", [untold, "announced: no"]),
                ("-- --status-fd 7 LISTEN_FDS=2",
                 [depends, "announced: 3-4 by 'LISTEN_FDS=2'", "announced: 7 by '--status-fd 7'"]),
                ("-- 7", [untold, "announced: no"]),
                ("own=yes -- --status-fd 7", ["exempt: standard:2: exempt exec own=yes", "announced: 7 by '--status-fd 7'"]),
                ("fd=1 -- --status-fd 1", ["exempt: always: descriptors 0-2", "announced: 1 by '--status-fd 1'"])):
            for call in ("execve", "fexecve", "execvp"):
                result = self.cloexec("policy", "explain", call, *question.split())
                self.expect(result, 0, "\n".join(wanted) + "\n", "")
        self.expect(self.cloexec("policy", "explain", "execve", "fd=7", "--", "cat <&7"), 0, "force: no rule\nannounced: no\n", "")

    def test_explains_what_is_a_process_own(self):
        self.expect(self.cloexec("policy", "explain", "execve", "own=yes"), 0, "exempt: standard:2: exempt exec own=yes\n", "")
        self.expect(self.cloexec("policy", "explain", "execve", "own=no"), 0, "force: no rule\n", "")

    def test_explains_by_what_the_descriptor_is(self):
        rule = "exempt exec path=/run/*.lock target=helper"
        for path, target, wanted in (("/run/x.lock", "/usr/lib/helper", f"exempt: CLOEXEC_POLICY:1: {rule}"),
                                     ("/etc/x", "helper", "force: no rule"), ("/run/x.lock", "other", "force: no rule")):
            self.assertEqual(self.explain("execve", f"path={path}", f"target={target}", CLOEXEC_POLICY=rule), wanted)

    def test_says_when_the_mode_makes_rules_idle(self):
        self.assertEqual(self.explain("open", CLOEXEC_MODE="off"),
                         "force: no rule\n# CLOEXEC_MODE=off: the shim changes nothing")

    def test_questions_that_cannot_be_answered(self):
        for question, error in ((["opne"], "unknown call 'opne', did you mean 'open'?"),
                                (["stdio"], "'stdio' is a family; ask about one of its functions"),
                                (["open", "fdd=3"], "unknown key 'fdd', did you mean 'fd'?"),
                                (["open", "fd=3-4"], "'fd' is one descriptor number, not '3-4'"),
                                (["open", "when=now"], "'when' is child or parent, not 'now'"),
                                (["open", "path"], "expected key=value, not 'path'"),
                                (["execve", "own=maybe"], "'own' is yes or no, not 'maybe'"),
                                (["open", "own=yes"], "'own' is only for calls of the exec family"),
                                (["posix_spawn", "own=yes"], "what posix_spawn starts has made nothing: 'own' is no"),
                                (["open", "--", "x"],
                                 "'open' starts no program that could be told anything: leave out what stands behind '--'"),
                                (["execve", "announced=yes", "--", "x"],
                                 "what stands behind '--' says whether the number is announced: leave out 'announced'")):
            self.expect(self.cloexec("policy", "explain", *question), 125, "",
                        f"cloexec: {error}\n  try `cloexec policy explain --help`\n")

    def test_goes_on_as_the_shim_does_when_a_rule_is_malformed_but_says_so(self):
        broken = {**self.variables, "CLOEXEC_POLICY": "exempt opne; exempt dup2"}
        result = self.cloexec("policy", "explain", "dup2", **broken)
        self.expect(result, 125, "exempt: CLOEXEC_POLICY:1: exempt dup2\n")
        self.assertIn("CLOEXEC_POLICY:1:8: unknown call 'opne'", result.stderr)
        result = self.cloexec("policy", "show", **broken)
        self.expect(result, 125)
        self.assertIn("exempt dup2", result.stdout)
        self.assertIn("CLOEXEC_POLICY:1:8: unknown call 'opne'", result.stderr)


class Agreement(CommandTest):
    """What is explained is what a real process does."""

    OPENS = ("import ctypes, fcntl; print(fcntl.fcntl(ctypes.CDLL(None).open(b'/dev/null', 0), fcntl.F_GETFD))\n")

    def script(self, name, first_line):
        path = self.folder / name
        path.write_text(first_line + self.OPENS)
        path.chmod(0o755)
        return path

    def test_on_what_a_program_is_called(self):
        plain = self.script("plain.py", "#!/usr/bin/python3\n")
        by_env = self.script("by-env.py", "#!/usr/bin/env python3\n")
        link = self.folder / "link"
        link.symlink_to("/usr/bin/python3")
        (self.folder / "link.py").symlink_to(plain)
        programs = {plain: [], by_env: [], self.folder / "link.py": [], link: [plain], "/usr/bin/python3": [plain]}
        rules = ["plain.py", "by-env.py", "link.py", "link", "python3", "python3.1*", "/usr/bin/python3*", "env", "sh"]
        verdicts = set()
        for program, arguments in programs.items():
            for name in rules:
                settings = {"CLOEXEC_POLICY": f"exempt open program={name}", "CLOEXEC_PROFILE": "strict"}
                said = self.cloexec("policy", "explain", "open", f"program={program}", **settings).stdout
                done = self.cloexec("run", str(program), *map(str, arguments), **settings)
                self.assertEqual(said.split(":")[0], "exempt" if done.stdout == "0\n" else "force", (program, name, done))
                verdicts.add(done.stdout)
        self.assertEqual(verdicts, {"0\n", "1\n"})

    def test_on_a_fifo_it_does_not_wait(self):
        os.mkfifo(self.folder / "fifo")
        self.assertEqual(self.cloexec("policy", "explain", "open", f"program={self.folder}/fifo").returncode, 0)


class DefaultFile(CommandTest):
    def test_is_used_when_no_other_is_named(self):
        """In a mount namespace of its own, in which /etc is the test's."""
        namespace = ["unshare", "--mount", "--map-root-user"]
        if subprocess.run([*namespace, "true"], capture_output=True).returncode != 0:
            self.skipTest("mount namespaces are not allowed here")
        self.policy_file("cloexec.conf", "exempt dup\n\nforce dpu\n")
        result = subprocess.run([*namespace, "sh", "-c", 'mount --bind . /etc && exec "$0" policy check', CLOEXEC],
                                cwd=self.folder, env={"PATH": PATH}, capture_output=True, text=True, timeout=60)
        self.expect(result, 1, "")
        self.assertIn("/etc/cloexec.conf:3:7: unknown call 'dpu', did you mean 'dup'?", result.stderr)


if __name__ == "__main__":
    unittest.main()
