# SPDX-License-Identifier: Apache-2.0
"""The report for a terminal: what it says, and that it stays in its columns."""
import json
import os
import re
import subprocess
import unicodedata
import unittest

from screenshot import audit, crossing, deep_audit, hostile_audit, large_audit, started

RENDER = os.environ["RENDER"]


def text_of(report, width=100, *colours):
    return subprocess.run([RENDER, "text", str(width), *colours], input=json.dumps(report).encode(), check=True,
                          capture_output=True, timeout=60).stdout.decode()


def html_of(report):
    return subprocess.run([RENDER, "html"], input=json.dumps(report).encode(), check=True, capture_output=True,
                          timeout=60).stdout.decode()


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Text(unittest.TestCase):
    def test_every_line_fits(self):
        for report in (hostile_audit(), large_audit(), deep_audit()):
            for width in (40, 60, 71, 72, 80, 100, 200):
                for line in text_of(report, width).splitlines():
                    self.assertLessEqual(columns(line), width, line)

    def test_nothing_harms_a_terminal(self):
        self.assertNotRegex(text_of(hostile_audit()), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")

    def test_colours_are_only_colours(self):
        painted = text_of(hostile_audit(), 100, "colours")
        self.assertIn("\x1b[", painted)
        self.assertEqual(re.sub("\x1b\\[[0-9;]*m", "", painted), text_of(hostile_audit()))

    def test_long_targets_are_cut_in_the_middle(self):
        report = audit([started(10, 1, "/bin/sh", crossing(3, "/begin/" + "x" * 500 + "/end"))])
        self.assertRegex(text_of(report), "/begin/x+…x+/end")

    def test_rows_are_grouped_and_leaks_come_first(self):
        report = audit([started(10, 1, "/bin/quiet", crossing(3, what="exempt")),
                        *(started(pid, 10, "/bin/leaky", crossing(4, what="foreign"), crossing(5)) for pid in (11, 12))])
        text = text_of(report)
        self.assertLess(text.index("/bin/leaky (×2)"), text.index("/bin/quiet"))
        self.assertRegex(text, r"5 +file /tmp/x +libffi\.so\.8 of maker, by open +leak +×2\n.* 4 ")
        self.assertIn("exempt standard:1:", text)

    def test_many_that_read_the_same_are_one_row(self):
        """They differ in their numbers alone."""
        report = audit([started(10, 1, "/bin/leaky", *(crossing(fd) for fd in range(3, 103)))])
        self.assertRegex(text_of(report), r"3-102 +100 like file /tmp/x ")
        row = re.search("<tr data-class=.*</tr>", html_of(report)).group()
        self.assertIn(">3-102</td>", row)
        self.assertIn(">100 like file /<wbr>tmp/<wbr>x</span></td>", row)

    def test_the_word_that_announced_a_number_stands_behind_the_rule(self):
        def shown(*words, kind="text"):
            report = audit([started(10 + i, 1, "/bin/told", crossing(7, what="exempt", announced_by=word))
                            for i, word in enumerate(words)])
            return text_of(report, 300) if kind == "text" else html_of(report)

        rule = "exempt program=sh,ash,bash"
        self.assertIn(f"{rule}, announced by '--status-fd=7'\n", shown("--status-fd=7"))
        # Once in the table and once in the tree.
        self.assertEqual(shown("--status-fd=7", kind="html").count("announced by &#39;--status-fd=7&#39;"), 2)
        # As long as a line, and whatever it is made of.
        long = "fd=7,set=1,opaque=" + "x" * 400 + ",end"
        self.assertIn(f"{rule}, announced by 'fd=7,set=1,opaque={'x' * 11}…{'x' * 26},end'\n", shown(long))
        self.assertIn("opaque=xxxxxxxxxxx…", shown(long, kind="html"))
        self.assertIn("announced by 'fd=7,?[31m?'\n", shown("fd=7,\x1b[31m\u202e"))
        self.assertIn("announced by &#39;fd=7,<wbr>\\x1b&lt;b&gt;\ufffd&#39;", shown("fd=7,\x1b<b>\u202e", kind="html"))
        # Of several none is named, nor where none is known.
        for words in (("--fd=7", "--out-fd=7"), ("",), (None,)):
            self.assertRegex(shown(*words), rule + r"( +×2)?\n")

    def test_kernel_numbers_do_not_part_rows(self):
        pipes = [{**crossing(3, f"pipe:[{pid}] read end; the other end is 4 of sh[{pid}]"), "object": "pipe"}
                 for pid in (11, 12)]
        text = text_of(audit([started(11 + i, 10, "/bin/cat", pipe) for i, pipe in enumerate(pipes)]), 160)
        self.assertIn("pipe:[…] read end; the other end is 4 of sh[…]", text)

    def test_programs_without_the_shim(self):
        text = text_of(audit([{**started(10, 1, "/bin/static", crossing(3)), "shim": False}]))
        self.assertIn('The shim could not enter 1 program, marked "unseen"', text)
        self.assertIn("/bin/static (unseen)", text)

    def test_summaries(self):
        self.assertIn("No program was seen to start", text_of(audit([])))
        self.assertIn("no descriptor above 2 crossed an exec", text_of(audit([started(10, 1, "/bin/true")])))
        self.assertIn("Nothing leaked: what crossed was asked for",
                      text_of(audit([started(10, 1, "/bin/true", crossing(3, what="explicit"))])))
        self.assertIn("Leaked once: nobody asked for it.", text_of(audit([started(10, 1, "/bin/true", crossing(3))])))
        seven = [started(10 + i, 1, f"/bin/{name}", crossing(3)) for i in range(7) for name in "abcdefg"]
        self.assertIn("Leaked 49 times, 7 distinct: nobody asked for them.", text_of(audit(seven)))
        self.assertIn("1 record was lost", text_of(audit([], lost=1)))


if __name__ == "__main__":
    unittest.main()
