#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual: it says every command and option that there is, and no others, and man(1) has nothing to complain of."""
import os
import pathlib
import re
import subprocess
import unittest

from support import CommandTest

SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "man"
PAGES = pathlib.Path(os.environ["BUILD"]) / "docs" / "man"
COMMANDS = ["run", "audit", "ps", "seal", "policy check", "policy show", "policy explain", "policy suggest", "doctor", "unit", "path"]


class Manual(CommandTest):
    def read(self, page, width=200):
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", str(PAGES / page)], capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"], "MANWIDTH": str(width), "MAN_KEEP_FORMATTING": ""}, check=True)
        self.assertEqual(done.stderr, "", page)
        return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)

    def test_options_are_those_of_the_command(self):
        options = lambda text: set(re.findall(r"--[a-z][a-z-]*", text))
        helps = [self.cloexec(*command.split(), "--help").stdout for command in COMMANDS]
        self.assertEqual(options(self.read("cloexec.1")), options("".join(helps)) | {"--help", "--version"})

    def test_fits_into_a_narrow_terminal(self):
        for page in ("cloexec.1", "cloexec.conf.5", "libcloexec.8"):
            for line in self.read(page, width=80).splitlines():
                self.assertLessEqual(len(line), 80, page)

    def test_commands_are_all_there(self):
        text = self.read("cloexec.1")
        for command in COMMANDS:
            self.assertIn(f"cloexec {command} ", text)

    def test_the_standard_profile_is_described(self):
        """By the source: formatted lines are broken anywhere."""
        source = (SOURCES / "cloexec.conf.5.scd").read_text().replace("\\", "").replace(",++\n", ",")
        rules = re.findall(r"^(exempt .*?) +# standard:", self.cloexec("policy", "show").stdout, re.MULTILINE)
        self.assertGreater(len(rules), 8)
        for rule in rules:
            self.assertIn(f"\n{rule}", source)

    def test_variables_are_all_there(self):
        text = self.read("libcloexec.8")
        for name in ("ALLOW", "POLICY", "POLICY_FILE", "PROFILE", "MODE", "PROPAGATE", "AUDIT"):
            self.assertIn(f"CLOEXEC_{name}=", text)


if __name__ == "__main__":
    unittest.main()
