#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The verdict on two made-up records: good when they are alike, and each harm is found."""
import copy
import unittest

from verdict import Verdict

PROCESS = {"pid": 7, "started": 1.0, "server": "nginx", "role": "nginx: master", "threads": 1, "descriptors": 10,
           "inheritable": 0, "rss": 9000, "dirty": 300}
TOTAL = {"processes": 1, "threads": 1, "descriptors": 10, "inheritable": 0, "rss": 9000, "dirty": 300}


def record(inheritable):
    """An hour of one server; `inheritable` descriptors all the time, and as many in the programs that it starts."""
    sample = {"servers": {"nginx": TOTAL | {"inheritable": inheritable}, "clients": {}}, "settled": [PROCESS], "unreadable": 0,
              "kinds": {"nginx": {"eventpoll": inheritable} if inheritable else {}}, "unshimmed": {}}
    return {"series": [copy.deepcopy(sample) | {"t": 10.0 * number} for number in range(1, 361)],
            "end": {"served": {"nginx/tool": 100}, "events": {"nginx/upgrade": 10}, "failed": {},
                    "forced": {"nginx/tool: refused": 10}, "logs": {"nginx": {"known": 1}}, "left": [], "hung": 0,
                    "reached": {"nginx/programs": 5, "nginx/descriptors": inheritable}}}


class TestVerdict(unittest.TestCase):
    def setUp(self):
        self.bare, self.shim = record(3), record(0)
        for sample in self.bare["series"]:
            sample["unshimmed"] = {"nginx/nginx: master": 1}

    def failures(self):
        return [text for holds, text in Verdict(self.bare, self.shim).judge() if not holds]

    def expect_failure(self, part):
        failures = self.failures()
        self.assertTrue(any(part in text for text in failures), failures)

    def grow(self, metric, most, settled):
        """Evenly over the hour."""
        for number, sample in enumerate(self.shim["series"]):
            grown = sample["settled"][0] if settled else sample["servers"]["nginx"]
            grown[metric] += most * number // len(self.shim["series"])

    def test_alike_is_good(self):
        self.assertEqual(self.failures(), [])

    def test_growth(self):
        for metric, most in (("descriptors", 12), ("inheritable", 5), ("dirty", 1800), ("rss", 1600), ("threads", 6),
                             ("zombies", 4), ("processes", 6)):
            with self.subTest(metric):
                self.shim = record(0)
                for sample in self.shim["series"]:
                    sample["servers"]["nginx"]["zombies"] = 0
                self.grow(metric, most, settled=False)
                self.expect_failure("growth of each server's")

    def test_growth_that_bare_has_too(self):
        self.grow("descriptors", 12, settled=False)
        self.bare["series"] = [sample | {"servers": self.shim["series"][number]["servers"]}
                               for number, sample in enumerate(self.bare["series"])]
        self.assertFalse(any("growth" in text for text in self.failures()))

    def test_the_announced_socket_is_no_growth(self):
        for sample in self.shim["series"][200:]:
            sample["servers"]["nginx"] |= {"inheritable": 3, "processes": 3}
            sample["kinds"]["nginx"] = {"listening socket": 3}
        for sample in self.bare["series"][200:]:
            sample["servers"]["nginx"]["processes"] = 3
        self.assertEqual(self.failures(), [])

    def test_growth_of_one_process(self):
        for metric, most in (("descriptors", 5), ("inheritable", 3), ("dirty", 300), ("threads", 3)):
            with self.subTest(metric):
                self.shim = record(0)
                self.grow(metric, most, settled=True)
                self.expect_failure("lived throughout")

    def test_a_short_peak_is_no_growth(self):
        self.shim["series"][-3]["servers"]["nginx"]["descriptors"] = 100
        self.assertEqual(self.failures(), [])

    def test_one_stray_once(self):
        self.shim["series"][100]["kinds"]["nginx"] = {"eventpoll": 1}
        self.expect_failure("none but those exempt")

    def test_the_announced_socket_is_allowed_once_a_process(self):
        self.shim["series"][100]["kinds"]["nginx"] = {"listening socket": 1}
        self.assertEqual(self.failures(), [])
        self.shim["series"][100]["kinds"]["nginx"] = {"listening socket": 2}
        self.expect_failure("none but those exempt")

    def test_harm_that_is_told_at_the_end(self):
        for where, what, found in (("failed", {"nginx/tool: segfault": 1}, "no kind that bare has not"),
                                   ("failed", {"nginx/tool: WrongData: body": 1}, "data as written"),
                                   ("forced", {"nginx/tool: odd": 1}, "neither bare's nor expected"),
                                   ("forced", {"nginx/tool: refused": 41}, "at most twice as many"),
                                   ("served", {"nginx/tool": 70}, "0.8 times"),
                                   ("events", {}, "missing: ['nginx/upgrade']"),
                                   ("reached", {"nginx/programs": 5, "nginx/descriptors": 1}, "reached the programs"),
                                   ("logs", {"nginx": {"[alert] odd": 1}}, "the servers' logs"),
                                   ("left", ["nginx 7, Z"], "what was left"),
                                   ("hung", 1, "hung")):
            with self.subTest(f"{where} {what}"):
                self.shim = record(0)
                self.shim["end"][where] = what
                self.expect_failure(found)

    def test_what_restarts_explain(self):
        self.shim["end"]["forced"]["nginx/tool: ConnectionResetError"] = 1
        self.shim["end"]["logs"]["nginx"]["worker process N exited on signal N"] = 1
        self.assertEqual(self.failures(), [])

    def test_a_set_that_is_not_what_it_says(self):
        self.shim["series"][9]["unshimmed"] = {"nginx/nginx: worker": 1}
        self.expect_failure("every process has the shim")
        self.shim = record(0)
        for sample in self.bare["series"]:
            sample["unshimmed"] = {}
        self.expect_failure("no process has it")

    def test_a_blind_look(self):
        self.bare = record(0)
        self.expect_failure("inheritable descriptors are seen")
        self.expect_failure("reached the programs")
        self.shim["series"][5]["unreadable"] = 1
        self.expect_failure("could be read")


unittest.main()
