#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/ci.md: each command that stands there is run, as CI would run it, in a project whose tests leak."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from support import CLOEXEC, PATH, CommandTest

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "ci.md").read_text()
LIBRARY = """
#include <fcntl.h>
int open_config(void) { return open("server.conf", O_RDONLY); }
"""
SECOND = """
int open_log(void) { return open("server.log", O_WRONLY | O_CREAT, 0600); }
"""
PROGRAM = """
#include <stdlib.h>
int open_config(void);
int main(void) { return open_config() < 0 || system("true") != 0; }
"""
# "test -n" is no command to become: the shell stays what it is.
MAKEFILE = """
test: server
\t./server
server: main.c libconfig.so
\tgcc -g main.c -o server ./libconfig.so
libconfig.so: config.c
\tgcc -g -shared -fPIC config.c -o libconfig.so
"""


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


class Page(CommandTest):
    def setUp(self):
        super().setUp()
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "cloexec").symlink_to(CLOEXEC)
        self.path = f"{programs}:{PATH}"
        self.project("project")

    def project(self, name):
        """A checkout."""
        self.root = self.folder / name
        self.root.mkdir()
        for file, text in (("config.c", LIBRARY), ("main.c", PROGRAM), ("Makefile", MAKEFILE), ("server.conf", "")):
            (self.root / file).write_text(text)
        subprocess.run(["make", "server"], cwd=self.root, check=True, capture_output=True)

    def add_second_leak(self):
        (self.root / "config.c").write_text("// more above\n" * 10 + LIBRARY + SECOND)
        (self.root / "main.c").write_text(PROGRAM.replace("int main", "int open_log(void);\nint main").replace(
            "open_config() < 0", "open_config() < 0 || open_log() < 0"))
        subprocess.run(["make", "server"], cwd=self.root, check=True, capture_output=True)

    def shell(self, script):
        environment = {"PATH": self.path, "CLOEXEC_POLICY_FILE": self.nothing, "ASAN_OPTIONS": "verify_asan_link_order=0"}
        return subprocess.run(["sh", "-ec", script], cwd=self.root, env=environment, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)

    def expect_status(self, script, status, said=""):
        result = self.shell(script)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        if said:
            self.assertRegex(result.stderr, said)
        return result

    def test_from_a_baseline_on(self):
        write, check, other = blocks("sh")
        self.expect_status(write, 0, "^cloexec: Leaked ")
        text = (self.root / "leaks.json").read_text()
        self.assertNotIn(str(self.folder), text)
        self.assertIn('"target": "server.conf"', text)
        for command in (check, other, *self.pipelines()):
            self.expect_status(command, 0, r"^cloexec: Nothing new leaked: \d+ accepted\.\n$")
        # In another checkout, of sources that have changed without a leak more.
        self.project("elsewhere")
        shutil.copy(self.folder / "project" / "leaks.json", self.root)
        self.expect_status(check, 0, r"^cloexec: Nothing new leaked: \d+ accepted\.\n$")
        self.add_second_leak()
        self.expect_status(check, 3, r"^cloexec: Leaked .* \d+ accepted")
        self.expect_status(other, 3, "a new leak: see audit.html\n$")
        self.assertIn("server.log", (self.root / "audit.html").read_text())
        for command in self.pipelines():
            self.expect_status(command, 3)
        results = json.loads((self.root / "leaks.sarif").read_text())["runs"][0]["results"]
        self.assertEqual({one["properties"]["target"] for one in results}, {"server.log"})
        failures = [case for case in xml.etree.ElementTree.parse(self.root / "leaks.xml").iter("testcase") if case.find("failure") is not None]
        self.assertTrue(all("server.log" in case.get("name") for case in failures))
        self.assertGreater(len(failures), 0)

    def pipelines(self):
        """The commands of GitHub's step and of GitLab's job: YAML folds lines that are indented alike into one."""
        github, gitlab = blocks("yaml")
        step = re.search(r"^        run: >\n((?:          .*\n)+)", github, re.MULTILINE)[1]
        job = re.search(r"^  script:\n    - (.*)\n", gitlab, re.MULTILINE)[1]
        return " ".join(line.strip() for line in step.splitlines()), job

    def test_the_example_of_a_baseline_is_one(self):
        example, = blocks("json")
        (self.root / "leaks.json").write_text(example)
        report = self.shell("cloexec audit --source-root . --baseline leaks.json --format json -- ./server").stdout
        entries = json.loads(report)["baseline"]["entries"]
        self.assertEqual([one["times"] for one in entries], [0, 0])
        keys = {key for one in json.loads(example)["accepted"] for key in one}
        told = set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `"))))
        self.assertEqual(keys, told)


if __name__ == "__main__":
    unittest.main()
