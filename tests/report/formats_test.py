# SPDX-License-Identifier: Apache-2.0
"""What machines read: SARIF by the rules that GitHub documents for code scanning (and by OASIS' schema, when SARIF_SCHEMA
names it), JUnit, and baselines, of audits with the calls that led to each leak."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from screenshot import HOSTILE, audit, crossing, hostile_audit, large_audit, started

RENDER = os.environ["RENDER"]

# Of the script that GitHub's upload-sarif computes line hashes by: text, and the hash of each of its lines.
LINE_HASHES = {
    " a\nb\n  \t\tc\n d": ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
    " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n": [
        "e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1", "b3edc88f2938467e:1",
        "c8e28b0b4002a3a0:1"],
    "Lorem ipsum dolor sit amet.\n" * 10: [
        *(f"a7f2ff13bc495cf2:{i}" for i in range(1, 7)), "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1",
        "cc97dc7b1d7d8f7b:1"],
}

SOURCE = """#include <fcntl.h>

int open_config(const char *path) {
  return open(path, O_RDONLY);
}

int open_log(const char *path) {
  return open(path, O_WRONLY | O_CREAT, 0600);
}
"""


def frame(module, function, file="", line=0, folder="/usr/lib/", offset=0x1234):
    return {"module": module, "path": folder + module, "build_id": "0f" * 20, "offset": offset, "function": function,
            "file": file, "line": line}


class FormatTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(os.path.realpath(folder.name))

    def rendered(self, report, kind, *options, status=0):
        done = subprocess.run([RENDER, kind, *options], input=json.dumps(report).encode(), capture_output=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode()

    def sources(self, name, text=SOURCE):
        """A folder with the sources of libinner.so and of a program."""
        root = self.folder / name
        (root / "src").mkdir(parents=True)
        (root / "src" / "inner.c").write_text(text)
        return root

    def stack(self, root, function="open_config", line=4):
        """Of libinner.so's function, called by a program's, by a way through a library without sources."""
        return [frame("libinner.so", function, f"{root}/src/inner.c", line, f"{root}/build/"), frame("libouter.so", "", offset=0x77),
                frame("app", "main", f"{root}/src/../src/main.c", 9, f"{root}/build/")]

    def leak(self, root, *more, function="open_config", line=4, program="/bin/true", target="/etc/x", fd=3, **created):
        made = {"program": f"{root}/build/app", "module": "libinner.so", "stack": self.stack(root, function, line), **created}
        return started(11, 10, program, crossing(fd, target, **made), *more)


class Sarif(FormatTest):
    def run_of(self, report, *options):
        log = json.loads(self.rendered(report, "sarif", *options))
        schema = os.environ.get("SARIF_SCHEMA")
        if schema:
            import jsonschema
            jsonschema.validate(log, json.loads(pathlib.Path(schema).read_text()))
        self.expect_code_scanning_takes(log)
        return log["runs"][0]

    def expect_code_scanning_takes(self, log):
        """docs.github.com, "SARIF support for code scanning": what is required there, and its limits."""
        self.assertTrue(log["$schema"])
        self.assertEqual(log["version"], "2.1.0")
        run, = log["runs"]
        driver = run["tool"]["driver"]
        self.assertTrue(driver["name"] and driver["version"])
        for rule in driver["rules"]:
            self.assertTrue(0 < len(rule["id"]) and 0 < len(rule["help"]["text"]))
            for text in (rule["name"], rule["shortDescription"]["text"], rule["fullDescription"]["text"]):
                self.assertTrue(0 < len(text) <= 1024)
            self.assertIn(rule["defaultConfiguration"]["level"], ("note", "warning", "error"))
            self.assertLessEqual(len(rule["properties"]["tags"]), 10)
            self.assertIn(rule["properties"]["precision"], ("very-high", "high", "medium", "low"))
            self.assertTrue(0 < float(rule["properties"]["security-severity"]) <= 10)
        self.assertLessEqual(len(run["results"]), 25_000)
        for result in run["results"]:
            self.assertEqual(driver["rules"][result["ruleIndex"]]["id"], result["ruleId"])
            self.assertTrue(result["message"]["text"])
            self.assertRegex(result["partialFingerprints"]["primaryLocationLineHash"], "^[0-9a-f]+:[0-9]+$")
            self.assertEqual(len(result["locations"]), 1)
            steps = [step["location"] for flow in result.get("codeFlows", []) for thread in flow["threadFlows"]
                     for step in thread["locations"]]
            self.assertLessEqual(len(steps), 10_000)
            for location in result["locations"] + result["relatedLocations"] + steps:
                place = location["physicalLocation"]
                uri = place["artifactLocation"]["uri"]
                self.assertTrue(uri.startswith("file:///") or re.match("^[^/:]", uri), uri)
                region = place["region"]
                self.assertEqual(set(region), {"startLine", "startColumn", "endLine", "endColumn"})
                self.assertTrue(all(number > 0 for number in region.values()), region)
            for step in steps:
                self.assertTrue(step["message"]["text"])

    def result(self, report, *options):
        result, = self.run_of(report, *options)["results"]
        return result

    def test_a_leak_is_where_its_line_is(self):
        root = self.sources("here")
        result = self.result(audit([self.leak(root)]), f"--source-root={root}")
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual(place, {"artifactLocation": {"uri": "src/inner.c", "uriBaseId": "%SRCROOT%"},
                                 "region": {"startLine": 4, "startColumn": 1, "endLine": 4,
                                            "endColumn": len(SOURCE.splitlines()[3]) + 1}})
        self.assertEqual(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "libinner.so!open_config")
        self.assertEqual(result["message"]["text"], "/bin/true inherits descriptor 3, file /etc/x. build/app made it without "
                         "close-on-exec: open_config (src/inner.c:4) calls open.")

    def test_the_calls_are_a_flow_to_the_program_that_inherits(self):
        root = self.sources("here")
        result = self.result(audit([self.leak(root, thread="loader")]), f"--source-root={root}")
        thread = result["codeFlows"][0]["threadFlows"][0]
        self.assertEqual(thread["message"]["text"], "thread loader")
        steps = [step["location"] for step in thread["locations"]]
        self.assertEqual([step["message"]["text"] for step in steps],
                         ["main (src/main.c:9)", "libouter.so+0x77", "open_config (src/inner.c:4)", "the program that inherits it"])
        self.assertEqual([step["physicalLocation"]["artifactLocation"]["uri"] for step in steps],
                         ["src/main.c", "file:///usr/lib/libouter.so", "src/inner.c", "file:///bin/true"])
        self.assertEqual(steps[1]["physicalLocation"]["address"]["relativeAddress"], 0x77)

    def test_without_sources_a_leak_is_in_the_module_that_made_it(self):
        stack = [frame("libssl.so.3", "SSL_CTX_load_verify_file"), frame("app", "main", folder="/usr/bin/")]
        result = self.result(audit([started(11, 10, "/bin/true", crossing(3, module="libssl.so.3", stack=stack))]))
        place = result["locations"][0]
        self.assertEqual(place["physicalLocation"]["artifactLocation"]["uri"], "file:///usr/lib/libssl.so.3")
        self.assertEqual(place["logicalLocations"][0]["name"], "SSL_CTX_load_verify_file")
        # The nearest line of the user's own sources comes before that.
        root = self.sources("here")
        stack.append(frame("app", "connect_all", f"{root}/src/inner.c", 8))
        report = audit([started(11, 10, "/bin/true", crossing(3, module="libssl.so.3", stack=stack))])
        result = self.result(report, f"--source-root={root}")
        self.assertEqual(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "src/inner.c")
        self.assertIn("connect_all (src/inner.c:8) leads to open.", result["message"]["text"])
        # And when nothing but the program is known.
        result = self.result(audit([started(11, 10, "/bin/true", crossing(3))]))
        self.assertEqual(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "file:///usr/bin/maker")

    def prints(self, name, text, line, program="app"):
        root = self.sources(name, text)
        return self.result(audit([self.leak(root, line=line)]), f"--source-root={root}")["partialFingerprints"]

    def test_fingerprints_stay_when_sources_move_and_lines_shift(self):
        first = self.prints("first", SOURCE, 4)
        self.assertEqual(self.prints("second", SOURCE, 4), first)
        self.assertEqual(self.prints("shifted", "// one\n" * 10 + SOURCE, 14), first)
        self.assertNotEqual(self.prints("other", SOURCE, 8)["primaryLocationLineHash"], first["primaryLocationLineHash"])
        # Where the sources are not there, or not those that were compiled.
        gone = [self.result(audit([self.leak(root, line=99)]), "--source-root=/usr")["partialFingerprints"]
                for root in ("/usr/a/../src", "/usr/src")]
        self.assertEqual(gone[0]["primaryLocationLineHash"], gone[0]["cloexecLeak/v1"] + ":1")

    def test_lines_are_hashed_as_github_does(self):
        """Its action warns of each result whose hash is another than that which it computes."""
        for number, (text, hashes) in enumerate(LINE_HASHES.items()):
            root = self.folder / f"hashed{number}"
            (root / "src").mkdir(parents=True)
            (root / "src" / "inner.c").write_bytes(text.encode())
            for line, expected in enumerate(hashes, 1):
                found = self.result(audit([self.leak(root, line=line)]), f"--source-root={root}")
                self.assertEqual(found["partialFingerprints"]["primaryLocationLineHash"], expected, (text, line))

    def test_sources_that_are_none_are_not_waited_for(self):
        root = self.sources("odd")
        os.mkfifo(root / "src" / "fifo")
        for file in ("/dev/zero", f"{root}/src/fifo", f"{root}/src", "\x01/\u202e"):
            stack = [frame("libinner.so", "f", file, 3)]
            self.run_of(audit([started(11, 10, "/bin/true", crossing(3, stack=stack))]), f"--source-root={root}")

    def test_hostile_names_and_many_leaks(self):
        run = self.run_of(hostile_audit())
        self.assertEqual(len(run["results"]), len(HOSTILE))
        said, = run["invocations"][0]["toolExecutionNotifications"]
        self.assertRegex(said["message"]["text"], "^There may be more leaks: 7 records were lost")
        execs = [started(10, 1, "/bin/sh", *(crossing(3, f"/a{''.join(chr(97 + int(c)) for c in str(i))}") for i in range(26_000)))]
        run = self.run_of(audit(execs))
        self.assertEqual(len(run["results"]), 25_000)
        self.assertIn("1000 leaks are left out: no host takes more.",
                      [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]])


class Junit(FormatTest):
    def suite(self, report, *options):
        root = xml.etree.ElementTree.fromstring(self.rendered(report, "junit", *options))
        suite, = root
        self.assertEqual((root.tag, suite.tag), ("testsuites", "testsuite"))
        cases = suite.findall("testcase")
        counts = {"tests": len(cases), **{plural: sum(case.find(kind) is not None for case in cases) for plural, kind in
                                          (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))}}
        for one in (root, suite):
            self.assertEqual({name: int(one.get(name)) for name in counts}, counts)
        return suite, {(case.get("classname"), case.get("name")): case for case in cases}

    def test_a_leak_is_a_failure_and_other_programs_pass(self):
        root = self.sources("here")
        report = audit([started(10, 1, f"{root}/build/app"), self.leak(root), self.leak(root)], ("build/app", "a b"))
        report["execs"][0]["time"] = "2026-01-31T12:00:00.250Z"
        suite, cases = self.suite(report, f"--source-root={root}")
        self.assertEqual(suite.get("timestamp"), "2026-01-31T12:00:00.250Z")
        self.assertEqual(suite.find("properties/property").get("value"), "build/app 'a b'")
        self.assertEqual(list(cases), [("cloexec audit", "sees every program and record"), ("build/app", "inherits nothing that leaked"),
                                       ("/bin/true", "libinner.so!open_config: /etc/x")])
        case = cases["/bin/true", "libinner.so!open_config: /etc/x"]
        self.assertEqual(case.get("file"), "src/inner.c")
        failure = case.find("failure")
        self.assertEqual(failure.get("message"), "file /etc/x leaks into /bin/true")
        self.assertEqual(failure.text.splitlines()[-3:],
                         ["  at open_config (src/inner.c:4)", "  at libouter.so+0x77", "  at main (src/main.c:9)"])
        self.assertIn("2 times", failure.text)

    def test_what_is_accepted_is_skipped_and_what_is_gone_is_said(self):
        root = self.sources("here")
        baseline = self.folder / "leaks.json"
        baseline.write_text(json.dumps({"version": 1, "accepted": [{"function": "open_config", "reason": "harmless"},
                                                                   {"function": "gone"}]}))
        suite, cases = self.suite(audit([self.leak(root)]), f"--baseline={baseline}")
        skipped, = (case.find("skipped") for case in cases.values() if case.find("skipped") is not None)
        self.assertEqual(skipped.get("message"), f"accepted: {baseline}: harmless")
        self.assertEqual(suite.find("system-out").text.strip(), "no longer occurs: function=gone")

    def test_what_was_not_seen_is_an_error(self):
        report = audit([started(10, 1, "/bin/static")], lost=3)
        report["execs"][0]["shim"] = False
        _, cases = self.suite(report)
        error = cases["cloexec audit", "sees every program and record"].find("error")
        self.assertIn("3 records were lost", error.text)
        self.assertIn("/bin/static", error.text)
        _, cases = self.suite(audit([]))
        self.assertIsNotNone(cases["cloexec audit", "sees every program and record"].find("error"))

    def test_hostile_names_are_well_formed(self):
        _, cases = self.suite(hostile_audit())
        # One case for each leak into a program of its own, one for the shell that started them, one for what was lost.
        self.assertEqual(len(cases), len(HOSTILE) + 2)
        self.suite(large_audit())


class Baseline(FormatTest):
    def baseline(self, *entries):
        path = self.folder / "leaks.json"
        path.write_text(json.dumps({"version": 1, "accepted": list(entries)}))
        return f"--baseline={path}"

    def leaks(self, report, *options):
        read = json.loads(self.rendered(report, "json", *options))
        return [fd["created"]["stack"][0]["function"] for one in read["execs"] for fd in one["fds"] if fd["class"] == "leak"]

    def test_another_function_of_the_same_library_is_another_leak(self):
        root = self.sources("here")
        path = self.folder / "leaks.json"
        path.write_text(self.rendered(audit([self.leak(root)]), "baseline", f"--source-root={root}"))
        entry, = json.loads(path.read_text())["accepted"]
        self.assertEqual(entry, {"program": "/bin/true", "creator": "build/app", "module": "libinner.so",
                                 "function": "open_config", "call": "open", "target": "/etc/x", "reason": ""})
        elsewhere = self.sources("elsewhere", "// more\n" * 10 + SOURCE)
        options = f"--baseline={path}", f"--source-root={elsewhere}"
        self.assertEqual(self.leaks(audit([self.leak(elsewhere, line=14)]), *options), [])
        second = audit([self.leak(elsewhere, line=14), self.leak(elsewhere, function="open_log", line=18)])
        self.assertEqual(self.leaks(second, *options), ["open_log"])

    def test_parts_and_copies_of_a_function_are_that_function(self):
        root = self.sources("here")
        options = self.baseline({"function": "open_config"})
        for name in ("open_config", "open_config.part.0", "open_config.constprop.0.isra.0", "open_config.cold",
                     "open_config [clone .part.0]", "open_config.lto_priv.12"):
            self.assertEqual(self.leaks(audit([self.leak(root, function=name)]), options), [], name)
        for name in ("open_config2", "x.cold_start", "open_config.coldish"):
            self.assertEqual(self.leaks(audit([self.leak(root, function=name)]), options), [name])

    def test_globs(self):
        root = self.sources("here")
        report = audit([self.leak(root), self.leak(root, function="open_log", target="/var/log/[a]*", program="/usr/bin/x")])
        for entry, left in (({"function": "open_*"}, []), ({"module": "libinner.so*", "target": "/etc/*"}, ["open_log"]),
                            ({"program": "/usr/*"}, ["open_config"]), ({"target": "/var/log/[a]*"}, ["open_config"]),
                            ({"target": "/var/log/\\[a\\]\\*"}, ["open_config"]), ({"call": "socket"}, ["open_config", "open_log"]),
                            ({"function": ""}, ["open_config", "open_log"]), ({"creator": "*/app", "function": "*log"}, ["open_config"])):
            self.assertEqual(self.leaks(report, self.baseline(entry)), left, entry)

    def test_frames(self):
        """Any calls of the stack, in their order."""
        root = self.sources("here")
        report = audit([self.leak(root)])
        options = f"--source-root={root}"
        for frames, is_accepted in (([{"function": "main"}], True), ([{"file": "src/main.c"}], True), ([{"file": "src/*"}], True),
                                    ([{"module": "libinner*"}, {"module": "app"}], True), ([{"module": "libouter.so"}], True),
                                    ([{"module": "app"}, {"module": "libinner*"}], False),
                                    ([{"function": "open_config", "module": "app"}], False), ([{"function": ""}], True),
                                    ([{"module": "app"}, {"module": "app"}], False), ([{"file": f"{root}/*"}], False)):
            left = self.leaks(report, self.baseline({"frames": frames}), options)
            self.assertEqual(left, [] if is_accepted else ["open_config"], frames)

    def test_any_bytes(self):
        """A name that is no UTF-8 is accepted as it is, and no other."""
        def leak(target):
            return audit([started(11, 10, "/bin/true", crossing(3, target, stack=[frame("app", "f")]))])
        path = self.folder / "leaks.json"
        path.write_text(self.rendered(leak("/tmp/\\xff\u202e\x01"), "baseline"))
        options = f"--baseline={path}"
        self.assertEqual(self.leaks(leak("/tmp/\\xff\u202e\x01"), options), [])
        for other in ("/tmp/\\xfe\u202e\x01", "/tmp/\ufffd\u202e\x01", "/tmp/\\\\xff\u202e\x01"):
            self.assertEqual(self.leaks(leak(other), options), ["f"], other)


if __name__ == "__main__":
    unittest.main()
