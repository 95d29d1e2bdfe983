#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is made of an audit: SARIF, baselines, and `cloexec policy suggest`."""
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest
import urllib.parse

from support import CommandTest

# Opens through libc, as C programs do: Python's own calls ask for close-on-exec.
LIBC = "import ctypes, fcntl, os, subprocess, sys\nc = ctypes.CDLL(None)\n"
OPEN = "c.open({!r}, os.O_RDWR | os.O_CREAT, 0o644)\n"
PIPE = "p = (ctypes.c_int * 2)(); c.pipe(p)\n"
START = "subprocess.run(['/bin/true'], close_fds=False)\n"


class AuditTest(CommandTest):
    def audit(self, code, *options, program=sys.executable, status=0, profile="strict", **variables):
        result = self.cloexec("audit", "--profile", profile, *options, "--", program, "-c", LIBC + code, **variables)
        self.expect(result, status)
        return result.stdout

    def report(self, code, *options, **more):
        return json.loads(self.audit(code, "--format", "json", *options, **more))

    def path(self, name):
        return os.path.join(os.path.realpath(self.folder), name)

    def opens(self, *names):
        return "".join(OPEN.format(self.path(name).encode()) for name in names)


def crossings(report, what):
    return [fd for one in report["execs"] for fd in one["fds"] if fd["class"] == what]


class Given(AuditTest):
    """What the standard profile gives, once for each exec, whether it is enforced or not."""
    CHILD = "if os.fork() == 0:\n    {}os.execv('/bin/true', ['true', {}])\nos.wait()\n"

    def given(self, code):
        """The rule without its place, the word, and whether there is one, of each number that a rule gives."""
        reports = [self.report(code, *mode, profile="standard") for mode in ((), ("--enforce",))]
        found = [[(one["fd"], one["rule"].split(": ")[1], one.get("announced_by")) for one in crossings(report, "exempt")]
                 for report in reports]
        self.assertEqual(found[0], found[1])
        self.assertEqual(crossings(reports[1], "leak"), [])
        return found[0]

    def test_names_the_word_that_announced_it(self):
        rule = "exempt exec announced=yes"
        code = self.opens("a", "b", "c") + self.CHILD.format("", "'--status-fd=3', '--out-fd', '4', '5'") * 2
        self.assertEqual(self.given(code), [(3, rule, "--status-fd=3"), (4, rule, "--out-fd")] * 2)
        code = self.opens("a") + self.CHILD.format("os.environ['APP_FD'] = '3'; ", "''")
        self.assertEqual(self.given(code), [(3, rule, "APP_FD=3")])
        spawn = "os.posix_spawn('/bin/true', ['true', '--fd=3'], os.environ); os.wait()\n"
        self.assertEqual(self.given(self.opens("a") + spawn), [(3, rule, "--fd=3")])

    def test_what_is_own_is_given_for_that_although_it_is_told(self):
        code = self.opens("a") + self.CHILD.format("c.dup2(3, 40); ", "'--fd=40'")
        self.assertEqual(self.given(code), [(40, "exempt exec own=yes", None)])

    def test_a_long_word_is_cut_and_an_unprintable_one_is_harmless(self):
        rule = "exempt exec announced=yes"
        (fd, said, word), = self.given(self.opens("a") + self.CHILD.format("", "'fd=3,' + 'x' * 1000"))
        self.assertEqual((fd, said, len(word) < 500), (3, rule, True))
        self.assertRegex(word, "^fd=3,x+…$")
        code = self.opens("a") + self.CHILD.format("", "b'fd=3,\\x1b\\xff'")
        self.assertEqual(self.given(code), [(3, rule, "fd=3,\x1b\\xff")])
        text = self.audit(code, profile="standard", COLUMNS="200")
        self.assertIn("announced by 'fd=3,?\ufffd'", text)

    def test_a_shell_inside_libc_is_given_nothing(self):
        report = self.report(self.opens("a") + "c.system(b': --fd=3')\n", profile="standard")
        self.assertEqual([(one["call"], [fd["class"] for fd in one["fds"]]) for one in report["execs"][1:]],
                         [("system", ["leak"])])

    def test_a_start_that_fails_gives_nothing(self):
        code = self.opens("a") + ("try: os.execv('/nonexistent', ['x', '--fd=3'])\nexcept OSError: pass\n"
                                  + self.CHILD.format("", "''"))
        report = self.report(code, profile="standard")
        self.assertEqual(crossings(report, "exempt"), [])
        self.assertEqual([one["fd"] for one in crossings(report, "leak")], [3])


class Sarif(AuditTest):
    def log(self, code, *options):
        log = json.loads(self.audit(code, "--format", "sarif", *options))
        self.assertEqual(log["version"], "2.1.0")
        schema = os.environ.get("SARIF_SCHEMA")
        if schema:
            import jsonschema
            with open(schema) as file:
                jsonschema.validate(log, json.load(file))
        run, = log["runs"]
        return run

    def test_says_what_it_is(self):
        run = self.log(START)
        driver = run["tool"]["driver"]
        self.assertEqual(driver["name"], "cloexec")
        self.assertEqual("cloexec " + driver["version"], self.cloexec("--version").stdout.strip())
        rule, = driver["rules"]
        self.assertTrue(rule["help"]["text"])
        target = rule["relationships"][0]["target"]
        self.assertEqual(run["taxonomies"][target["toolComponent"]["index"]]["taxa"][target["index"]]["id"], "403")
        self.assertEqual(run["results"], [])

    def test_one_result_for_each_distinct_leak(self):
        name = "a b%\u00e9#?.txt"
        run = self.log(self.opens(name) + PIPE + START * 3)
        self.assertEqual(len(run["results"]), 3)  # the file, and the ends of the pipe
        for result in run["results"]:
            self.assertEqual(run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"], result["ruleId"])
            self.assertEqual(result["occurrenceCount"], 3)
        result, = (one for one in run["results"] if one["properties"]["object"] == "file")
        uris = [place["physicalLocation"]["artifactLocation"]["uri"]
                for place in result["locations"] + result["relatedLocations"]]
        self.assertTrue(all(uri.isascii() and not set(uri) & set(" #?") for uri in uris), uris)
        # Whose code it is, who got it, who ran that code, and what it is.
        module, *others = map(urllib.parse.unquote, uris)
        self.assertRegex(module, r"^file:///.*/libffi\.so")
        self.assertEqual(others, ["file://" + os.path.realpath(path) for path in ("/bin/true", sys.executable, self.path(name))])
        logical, = result["locations"][0]["logicalLocations"]
        self.assertRegex(logical["fullyQualifiedName"], r"^[^!/]+!open(64)?$")

    def test_fingerprints_tell_leaks_apart_and_runs_not(self):
        code = self.opens("one", "two") + PIPE + START
        runs = [[one["partialFingerprints"]["cloexecLeak/v1"] for one in self.log(code)["results"]] for _ in range(2)]
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(len(set(runs[0])), 4)

    def test_what_is_accepted_is_left_out(self):
        """Code hosts show what SARIF calls suppressed as they show all else."""
        self.audit(self.opens("old") + START, "--write-baseline", self.path("b"))
        run = self.log(self.opens("old", "new") + START, "--baseline", self.path("b"))
        self.assertEqual([os.path.basename(one["properties"]["target"]) for one in run["results"]], ["new"])
        note, = run["invocations"][0]["toolExecutionNotifications"]
        self.assertEqual(note["message"]["text"], f"1 leak is left out, which {self.path('b')} accepts.")


class Baseline(AuditTest):
    def test_accepts_what_differs_from_run_to_run(self):
        varying = (self.opens("log") + PIPE +
                   "c.mkstemp(ctypes.create_string_buffer(b'/tmp/cloexec-test-XXXXXX'))\n"
                   "c.open(b'/tmp/cloexec-test.%d.txt' % os.getpid(), os.O_RDWR | os.O_CREAT, 0o644)\n"
                   "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.set_inheritable(False)\n"
                   "c.dup(s.fileno())\n" + START +
                   "for one in os.listdir('/proc/self/fd'):\n"
                   "    path = os.readlink('/proc/self/fd/' + one) if os.path.lexists('/proc/self/fd/' + one) else ''\n"
                   "    if path.startswith('/tmp/cloexec-test'): os.unlink(path)\n")
        baseline = self.path("baseline.json")
        written = self.report(varying, "--write-baseline", baseline, "--fail-on-leak", status=3)
        self.assertEqual(written["summary"]["leaks"], 6)
        again = self.report(varying, "--baseline", baseline, "--fail-on-leak")
        self.assertEqual(again["summary"]["leaks"], 0)
        self.assertEqual({one["rule"] for one in crossings(again, "exempt")}, {"accepted: " + baseline})
        self.report(varying + self.opens("more") + START, "--baseline", baseline, "--fail-on-leak", status=3)

    def test_is_sorted_and_always_the_same(self):
        files = [self.path(name) for name in ("one.json", "two.json")]
        self.audit(self.opens("b", "a") + PIPE + START, "--write-baseline", files[0])
        self.audit(PIPE + self.opens("a", "b") + START, "--write-baseline", files[1], "--baseline", files[0])
        texts = [pathlib.Path(file).read_text() for file in files]
        self.assertEqual(texts[0], texts[1])
        accepted = json.loads(texts[0])
        self.assertEqual(accepted["version"], 1)
        keys = [tuple(one.values()) for one in accepted["accepted"]]
        self.assertEqual(keys, sorted(keys))
        self.assertEqual(len(keys), 4)

    def test_is_renewed_with_its_reasons(self):
        """What still occurs stays as it was written by hand; what no longer does goes; what is new has no reason yet."""
        baseline = self.policy_file("baseline.json", json.dumps({"version": 1, "accepted": [
            {"target": self.path("o*"), "reason": "it is old"}, {"target": "/gone", "reason": "it was"}]}))
        result = self.cloexec("audit", "--profile", "strict", "--baseline", baseline, "--write-baseline", baseline, "-o", "report",
                              "--", sys.executable, "-c", LIBC + self.opens("old", "new") + START)
        self.expect(result, 0, "")
        self.assertEqual(result.stderr, "cloexec: Leaked once: nobody asked for it. 1 accepted; 1 no longer occurs.\n")
        accepted = json.loads(pathlib.Path(baseline).read_text())["accepted"]
        self.assertEqual(len(accepted), 2, accepted)
        self.assertIn({"target": self.path("o*"), "reason": "it is old"}, accepted)
        new, = (one for one in accepted if "call" in one)
        self.assertEqual((os.path.basename(new["target"]), new["reason"]), ("new", ""))

    def test_says_what_it_has_accepted(self):
        baseline = self.policy_file("baseline.json", json.dumps({"version": 1, "accepted": [
            {"target": self.path("a"), "reason": "why not"}, {"target": self.path("b")},
            {"call": "socket", "function": "listen_*"}]}))
        code = self.opens("a", "b") + START * 3
        options = ("--baseline", baseline, "--fail-on-leak")
        text = self.audit(code, *options, COLUMNS="300")
        self.assertIn("Nothing new leaked: 2 accepted; 1 no longer occurs.\n", text)
        self.assertIn(f"{baseline} has accepted 6 crossings.\n", text)
        self.assertIn(f"No longer occurs, of {baseline}: function=listen_* call=socket\n", text)
        report = self.report(code, *options)
        self.assertEqual(report["baseline"], {"file": baseline, "entries": [
            {"entry": f"target={self.path('a')}", "reason": "why not", "times": 3},
            {"entry": f"target={self.path('b')}", "reason": "", "times": 3},
            {"entry": "function=listen_* call=socket", "reason": "", "times": 0}]})
        self.assertEqual({one["rule"] for one in crossings(report, "exempt")},
                         {f"accepted: {baseline}: why not", f"accepted: {baseline}"})

    def test_a_count_is_of_those_that_one_program_gets(self):
        baseline = self.policy_file("baseline.json", json.dumps({"version": 1, "accepted": [
            {"call": "pipe", "count": 2, "reason": "both ends of one"}]}))
        self.audit((PIPE + START + "c.close(p[0]); c.close(p[1])\n") * 3, "--baseline", baseline, "--fail-on-leak")
        report = self.report(PIPE + PIPE + START, "--baseline", baseline, "--fail-on-leak", status=3)
        self.assertEqual(report["summary"]["leaks"], 2)

    def test_errors_name_the_file_and_the_place_before_the_program_runs(self):
        def entry(**keys):
            return json.dumps({"version": 1, "accepted": [{"call": "open"}, keys]})
        for text, error in (('{"version": 1,\n  "accepted": [}', ":2:16: this is no JSON"),
                            ("[]", ": this is no baseline: 'version' and 'accepted' are expected"),
                            ('{"version": 2, "accepted": []}', ": version: it is of another version than 1"),
                            ('{"version": 1, "accepted": {}}', ": accepted: this is no list"),
                            ('{"version": 1, "accepted": [7]}', ": accepted[0]: this is no object"),
                            ('{"version": 1, "accepted": [], "frames": []}', ": 'frames' is unknown"),
                            (entry(), ": accepted[1]: it would accept every leak: 'function', 'frames' or the like is expected"),
                            (entry(reason="so"), ": accepted[1]: it would accept every leak: 'function', 'frames' or the like is "
                                                 "expected"),
                            (entry(calls="open"), ": accepted[1]: 'calls' is unknown, did you mean 'call'?"),
                            (entry(target=3), ": accepted[1].target: this is no string"),
                            (entry(frames=[]), ": accepted[1].frames: this is no list of calls"),
                            (entry(frames=[{}]), ": accepted[1].frames[0]: 'function', 'module' or 'file' is expected"),
                            (entry(frames=[{"module": "x"}, {"offset": 3}]), ": accepted[1].frames[1]: 'offset' is unknown"),
                            (entry(call="open", count=0), ": accepted[1].count: this is no number from 1"),
                            (entry(call="open", count="2"), ": accepted[1].count: this is no number from 1")):
            file = self.policy_file("bad.json", text)
            self.expect(self.cloexec("audit", "--baseline", file, "--", "touch", "ran"), 125, "",
                        f"cloexec: {file}{error}\n")
        for path, why in (("none", "No such file or directory"), (".", "Is a directory")):
            self.expect(self.cloexec("audit", "--baseline", path, "--", "touch", "ran"), 125, "",
                        f"cloexec: {path} cannot be read: {why}\n")
        self.assertFalse((self.folder / "ran").exists())


class SourceRoot(AuditTest):
    def test_paths_below_it_are_the_same_wherever_it_is(self):
        def tree(name):
            folder = self.folder / name
            folder.mkdir()
            python = folder / "tool"
            shutil.copy(os.path.realpath(sys.executable), python)
            code = LIBC + OPEN.format(os.path.realpath(folder).encode() + b"/secret") + PIPE + START
            def run(*options, status=0):
                result = self.cloexec("audit", "--profile", "strict", "--source-root", str(folder), *options, "--", str(python), "-c",
                                      code, PYTHONHOME=sys.base_prefix)
                self.expect(result, status)
                return result
            return folder, run
        _, first = tree("first")
        _, second = tree("second")
        first("--write-baseline", self.path("leaks.json"))
        text = (self.folder / "leaks.json").read_text()
        self.assertNotIn(str(self.folder), text)
        self.assertIn('"creator": "tool"', text)
        self.assertIn('"target": "secret"', text)
        second("--baseline", self.path("leaks.json"), "--fail-on-leak")

        def fingerprints(run):
            results = json.loads(run("--format", "sarif").stdout)["runs"][0]["results"]
            return [(one["partialFingerprints"], one["locations"], one["relatedLocations"]) for one in results]
        self.assertEqual(fingerprints(first), fingerprints(second))
        self.assertIn({"uri": "tool", "uriBaseId": "%SRCROOT%"},
                      [place["physicalLocation"]["artifactLocation"] for place in fingerprints(first)[0][2]])
        # Rules are of whole paths all the same.
        report = json.loads(first("--format", "json").stdout)
        self.assertEqual(report["source_root"], os.path.realpath(self.folder / "first"))
        self.assertEqual(report["execs"][0]["program"], "tool")
        suggested = self.cloexec("policy", "suggest", self.policy_file("audit.json", json.dumps(report))).stdout
        self.assertRegex(suggested, r"made by open in \S+ of /\S+/first/tool;")

    def test_a_source_that_is_named_as_if_it_were_there_is_not_below_it(self):
        """Packages are compiled with relative names: of a library's own folder, not of the user's."""
        (self.folder / "library").mkdir()
        (self.folder / "library" / "leak.c").write_text(
            "#include <fcntl.h>\n#include <spawn.h>\n#include <stddef.h>\nextern char **environ;\n"
            "int main(void) {\n  char *words[] = {\"true\", NULL};\n  open(\"/etc/hostname\", O_RDONLY);\n"
            "  return posix_spawn(NULL, \"/bin/true\", NULL, NULL, words, environ);\n}\n")
        subprocess.run(["cc", "-g", f"-fdebug-prefix-map={self.folder}=.", "-o", "leak", "library/leak.c"], cwd=self.folder, check=True)

        def uri(root):
            result = self.cloexec("audit", "--profile", "strict", "--source-root", root, "--format", "sarif", "--", "./leak")
            place, = json.loads(result.stdout)["runs"][0]["results"][0]["locations"]
            return place["physicalLocation"]["artifactLocation"]["uri"]
        self.assertEqual(uri("."), "library/leak.c")
        self.assertEqual(uri("library"), f"file://{os.path.realpath(self.folder)}/leak")

    def test_there_must_be_one(self):
        for path, why in (("none", "No such file or directory"), ("nothing.conf", "this is no folder")):
            result = self.cloexec("audit", "--source-root", path, "--", "touch", "ran")
            self.expect(result, 125, "", f"cloexec: --source-root: {path}: {why}\n")
        self.assertFalse((self.folder / "ran").exists())


class Execs(AuditTest):
    def test_are_told_with_their_arguments_and_when_they_began(self):
        begun = time.time()
        report = self.report("subprocess.run(['sleep', '0.3', '0'])\n")
        ended = time.time()
        self.assertEqual([one.get("argv", [])[:2] for one in report["execs"]], [[sys.executable, "-c"], ["sleep", "0.3"]])
        times = [datetime.datetime.fromisoformat(one["time"]).timestamp() for one in report["execs"]]
        self.assertEqual(times, sorted(times))
        self.assertTrue(begun - 0.001 <= times[0] and times[-1] <= ended, (begun, times, ended))


class Suggest(AuditTest):
    def suggest(self, report):
        file = self.policy_file("audit.json", json.dumps(report))
        result = self.cloexec("policy", "suggest", file)
        self.expect(result, 0, errors="")
        policy = self.policy_file("suggested.conf", result.stdout)
        self.expect(self.cloexec("policy", "check", policy), 0, "ok\n", "")
        rules = [line for line in result.stdout.splitlines() if line and not line.startswith("#")]
        return rules, result.stdout, policy

    def expect_rest(self, code, policy, *targets, **more):
        """Under the policy these are the leaks that are left, and enforced all else crosses that crossed before."""
        under = self.report(code, "--policy", policy, **more)
        self.assertEqual({one["target"] for one in crossings(under, "leak")}, {self.path(one) for one in targets})
        enforced = self.report(code, "--policy", policy, "--enforce", **more)
        self.assertEqual(crossings(enforced, "leak"), [])
        kept = [[(one["fd"], one["rule"]) for one in crossings(report, "exempt")] for report in (under, enforced)]
        self.assertEqual(kept[0], kept[1])
        self.assertTrue(kept[0])

    def test_what_nobody_can_tell_has_a_rule_to_uncomment(self):
        code = (self.opens("secret") + PIPE + START + "c.system(b'true;:')\n"
                "subprocess.run(['sh', '-c', 'env /bin/true; :'], close_fds=False)\n")
        report = self.report(code)
        left = {one["target"] for one in crossings(report, "leak")}
        rules, text, _ = self.suggest(report)
        self.assertEqual(rules, [])
        options = [line[1:] for line in text.splitlines() if line.startswith("#exempt ")]
        self.assertGreater(len(options), 3, text)
        self.assertTrue(any(rule.startswith("exempt exec ") and " path=" in rule for rule in options), options)
        self.assertTrue(any(rule.startswith("exempt pipe ") and " fd=" in rule for rule in options), options)
        policy = self.policy_file("all.conf", text.replace("\n#exempt ", "\nexempt "))
        self.expect(self.cloexec("policy", "check", policy), 0, "ok\n", "")
        under = self.report(code, "--policy", policy)
        self.assertEqual({one["target"].split(" ")[0] for one in crossings(under, "leak")}, set(), left)
        # One of them keeps what it is of, and no more.
        one, = (rule for rule in options if rule.startswith("exempt exec ") and "/secret" in rule and "target=true" in rule)
        under = self.report(self.opens("secret") + PIPE + START, "--rule", one)
        self.assertEqual([one["target"] for one in crossings(under, "exempt")], [self.path("secret")])
        self.assertEqual(len(crossings(under, "leak")), 2)

    def test_lock_files(self):
        code = self.opens("my [app]*, x;\"#.lock", "daemon.pid", "secret") + START
        rules, text, policy = self.suggest(self.report(code))
        self.assertEqual(len(rules), 2, rules)
        self.assertTrue(all(rule.startswith("exempt exec program=/") and " path=" in rule and rule.endswith(" target=true")
                            for rule in rules), rules)
        self.assertRegex(text, "(?s)stays a leak, .*/secret")
        self.expect_rest(code, policy, "secret")

    def test_lock_files_are_for_those_alone_that_got_them(self):
        code = self.opens("app.lock", "secret") + START + (
            "subprocess.run(['sh', '-c', 'env /bin/true; :'], close_fds=False)\n")
        rules, _, policy = self.suggest(self.report(code))
        # What the shell hands on has no rule of its own.
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r"^exempt exec program=\S+ path=\S+/app\.lock target=\S*\bsh,true$")
        self.expect_rest(code, policy, "secret")
        many = code + "".join(f"subprocess.run(['t{i}'], executable='/bin/true', close_fds=False)\n" for i in range(40))
        rules, _, policy = self.suggest(self.report(many))
        self.assertRegex(rules[0], r"^exempt exec program=\S+ path=\S+/app\.lock$")
        # A shell inside libc can be given nothing.
        code = self.opens("app.lock", "secret") + "c.system(b'true;:')\n" + START
        rules, _, policy = self.suggest(self.report(code))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r"^exempt open(64)? path=\*app\.lock program=\S+ module=\S+$")
        self.expect_rest(code, policy, "secret")

    def test_numbers_chosen_between_fork_and_exec(self):
        child = "if os.fork() == 0:\n    {}; os.execv('/bin/true', ['true'])\nos.wait()\n"
        code = self.opens("secret") + "".join(
            child.format(call) for call in ("c.dup2(3, 40)", "c.dup3(3, 41, 0)", f"c.fcntl(3, {0}, 42)"))
        rules, _, policy = self.suggest(self.report(code))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], "^exempt exec program=/.* target=true own=yes fd=40,41,42$")
        self.expect_rest(code, policy, "secret")
        # A daemon's child has not made it itself.
        inner = "if os.fork() == 0:\n    c.dup2(3, 40)\n    " + START + "    os._exit(0)\nos.wait()\n"
        self.assertEqual(self.suggest(self.report(self.opens("secret") + inner))[0], [])
        # Of the parent it says nothing.
        rules, _, _ = self.suggest(self.report(self.opens("secret") + "c.dup2(3, 40)\n" + START))
        self.assertEqual(rules, [])

    def test_what_is_made_anew_for_each_start(self):
        each = PIPE + START + "c.close(p[0]); c.close(p[1])\n"
        code = self.opens("secret") + each * 3
        rules, _, policy = self.suggest(self.report(code))
        self.assertEqual([rule.split(" fd=")[1] for rule in rules], ["4,5"], rules)
        self.assertIn(" target=true ", rules[0])
        self.expect_rest(code, policy, "secret")
        # A shell inside libc can be given nothing: it must find them open.
        shell = PIPE + "c.system(b':')\nc.close(p[0]); c.close(p[1])\n"
        code = self.opens("secret") + shell * 3
        rules, _, policy = self.suggest(self.report(code))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r"^exempt pipe program=\S+ module=\S+ fd=4,5$")
        self.expect_rest(code, policy, "secret")
        for too_little in (each * 2, each * 3 + START, each * 2 + "c.dup(2)\n" + each):
            self.assertEqual(self.suggest(self.report(self.opens("secret") + too_little))[0], [], too_little)

    def test_a_program_that_starts_itself_again(self):
        server = shutil.copy(os.path.realpath(sys.executable), self.path("server"))
        code = self.opens("secret") + ("if os.environ.pop('AGAIN', None):\n    " + START +
                                       f"    os.execv({server!r}, ['server', '-c', 'pass'])\n")
        variables = {"program": server, "PYTHONHOME": sys.base_prefix, "AGAIN": "1"}
        rules, _, policy = self.suggest(self.report(code, **variables))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r"^exempt exec program=/.*/server target=server own=yes fd=3$")
        self.expect_rest(code, policy, "secret", **variables)
        # The old one goes on until the new one is there.
        code = code.replace("    os.execv", "    os.fork() or os.execv").replace("'pass'])", "'pass'])\n    os.wait()")
        rules, _, policy = self.suggest(self.report(code, **variables))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r"^exempt exec program=/.*/server target=server fd=3$")
        self.expect_rest(code, policy, "secret", **variables)

    def test_interpreters_start_what_they_are_told_to(self):
        again = f"os.execv({sys.executable!r}, ['python3', '-c', 'pass'])\n"
        self.assertEqual(self.suggest(self.report(self.opens("secret") + "os.fork() and os.wait() or " + again))[0], [])

    def test_what_the_process_has_made_that_becomes_the_program(self):
        code = (self.opens("secret") + "if os.fork() == 0:\n    " + OPEN.format(self.path("own").encode()) +
                "    os.execv('/bin/true', ['true'])\nos.wait()\n")
        rules, text, policy = self.suggest(self.report(code))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r"^exempt exec program=\S+ target=true own=yes fd=4$")
        self.assertIn("# made by the very process that became this program; once\n", text)
        self.expect_rest(code, policy, "secret")

    def test_what_a_program_hands_on_needs_no_rule_of_its_own(self):
        code = (self.opens("secret") + "if os.fork() == 0:\n    c.dup2(3, 40); c.close(3)\n"
                "    os.execv('/bin/sh', ['sh', '-c', '/bin/true; :'])\nos.wait()\n")
        rules, text, policy = self.suggest(self.report(code))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r" target=\S*\bsh own=yes fd=40$")
        self.assertIn("chosen between fork and exec; 2 times\n", text)
        self.assertNotIn("stays a leak", text)
        self.expect_rest(code, policy)

    def test_a_daemon_that_starts_itself_again(self):
        server = shutil.copy(os.path.realpath(sys.executable), self.path("server"))
        code = self.opens("held") + ("if os.environ.pop('AGAIN', None) and os.fork() == 0:\n    if os.fork() == 0:\n"
                                     f"        os.execv({server!r}, ['server', '-c', 'pass'])\n    os.wait()\n"
                                     "else:\n    try: os.wait()\n    except OSError: pass\n")
        variables = {"program": server, "PYTHONHOME": sys.base_prefix, "AGAIN": "1"}
        rules, _, policy = self.suggest(self.report(code, **variables))
        self.assertEqual(len(rules), 1, rules)
        self.assertRegex(rules[0], r"^exempt exec program=/.*/server target=server fd=3$")
        self.expect_rest(code, policy, **variables)

    def test_the_standard_profile_keeps_what_is_own_or_told(self):
        code = (self.opens("secret", "told") + "if os.fork() == 0:\n    c.dup2(3, 40)\n"
                "    os.execv('/bin/true', ['true', '--fd=4'])\nos.wait()\n")
        report = self.report(code, profile="standard")
        self.assertEqual([one["fd"] for one in crossings(report, "exempt")], [4, 40])
        self.assertEqual(self.suggest(report)[0], [])

    def test_never_suggests_what_the_profile_no_longer_needs(self):
        for code in (self.opens("x") + "os.fork() or (c.dup2(3, 40), os.execv('/bin/true', ['true']))\nos.wait()\n",
                     self.opens("x") + "os.execv('/bin/true', ['true'])\n"):
            self.assertNotIn("when=", self.suggest(self.report(code))[1])

    def test_names_that_could_harm_a_terminal(self):
        """A rule matches them all the same, byte for byte."""
        names = ("\u202ekcol.lock", "\x1b[31m.lock", b"\xff.lock")
        code = "".join(OPEN.format(os.path.join(os.path.realpath(os.fsencode(self.folder)), os.fsencode(name)))
                       for name in names) + self.opens("secret") + START
        rules, text, policy = self.suggest(self.report(code))
        self.assertEqual([re.search(r"/([^/ ]*\.lock)", rule)[1] for rule in rules], ["?.lock", "???kcol.lock", "?\\[31m.lock"])
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\udc80-\udcff]")
        self.expect_rest(code, policy, "secret")

    def test_no_leak_at_all(self):
        rules, text, _ = self.suggest(self.report("pass"))
        self.assertEqual(rules, [])
        self.assertIn("# Nothing does.", text)

    def test_a_report_cannot_smuggle_in_a_rule(self):
        made = {"call": "open", "program": "/bin/x\nexempt *", "module": 'm"\nexempt *', "pid": 1, "tid": 1,
                "when": "child"}
        fds = [{"fd": 3, "object": "file", "target": "/t\nexempt *\r.lock", "class": "leak", "rule": "", "created": made},
               {"fd": 4, "object": "file", "target": "/t\nexempt *", "class": "leak", "rule": "", "created": made}]
        rules, _, _ = self.suggest({"version": 1, "command": ["x"], "mode": "observe", "lost": 0, "execs": [
            {"pid": 2, "ppid": 1, "program": "/p\nexempt *", "argv0": "p", "fds": fds}]})
        self.assertEqual(len(rules), 1)
        self.assertIn("path=", rules[0])
        made |= {"call": "pipe\nexempt *", "program": "/p"}
        execs = [{"pid": 2 + i, "ppid": 1, "program": "/bin/sh", "argv0": "sh", "call": "system", "fds": [
            {"fd": 3, "object": "pipe", "target": f"pipe:[{i}]", "class": "leak", "rule": "", "created": made}]} for i in range(3)]
        first = {"pid": 1, "ppid": 0, "program": "/p", "argv0": "p", "fds": []}
        report = {"version": 1, "command": ["x"], "mode": "observe", "lost": 0, "execs": [first, *execs]}
        self.assertEqual(self.suggest(report)[0], [])
        made["call"] = "pipe"
        self.assertEqual(self.suggest(report)[0], ['exempt pipe program=/p module="m??exempt \\*" fd=3'])

    def test_a_policy_has_its_limits(self):
        made = {"call": "open", "module": "libc.so", "pid": 1, "tid": 1, "when": "parent"}
        execs = [{"pid": 2, "ppid": 1, "program": "/p", "argv0": "p", "fds": [
            {"fd": 3, "object": "file", "target": f"/x{i}x/{'y' * 50}{'.lock' if i % 2 else ''}", "class": "leak",
             "rule": "", "created": made | {"program": f"/x{i}x"}}]} for i in range(3000)]
        rules, text, _ = self.suggest({"version": 1, "command": [], "mode": "observe", "lost": 0, "execs": execs})
        self.assertGreater(len(rules), 100)
        self.assertRegex(text, r"# \d+ more have no room here\n$")

    def test_what_is_no_audit(self):
        for text in ("", "{", "{}", "[]", '{"version": 2}'):
            file = self.policy_file("no.json", text)
            result = self.cloexec("policy", "suggest", file)
            self.expect(result, 125, "")
            self.assertIn(file + ": ", result.stderr)
        for path, why in (("none", "No such file or directory"), (".", "Is a directory")):
            self.expect(self.cloexec("policy", "suggest", path), 125, "", f"cloexec: {path} cannot be read: {why}\n")


if __name__ == "__main__":
    unittest.main()
