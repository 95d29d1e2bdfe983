#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tests/foreign/run takes for a suite that is as bare, and what not."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import types
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from compare import Comparison  # noqa: E402
from suite import Program, Suite  # noqa: E402

loader = importlib.machinery.SourceFileLoader("foreign", str(HERE / "run"))
foreign = importlib.util.module_from_spec(importlib.util.spec_from_loader("foreign", loader))
loader.exec_module(foreign)

PASSED = {"a: one": "passed"}


def found(bare=None, **kinds):
    return Comparison(**{"bare": PASSED if bare is None else bare, "differs": {}, "sometimes": {}, "wavers": {}, "logs": ("", "")} | kinds)


class Judge(unittest.TestCase):
    def judged(self, *comparisons, expected=None):
        """Whether a suite of so many programs is well, and what is said of it."""
        programs = [Program(name, []) for name, _ in zip("ab", comparisons)]
        results = dict(zip("ab", comparisons))
        foreign.compare = lambda program, how: results[program.name]
        foreign.expected_of = lambda suite: expected or {}
        foreign.version_of = lambda package: "1"
        options = types.SimpleNamespace(only=None, jobs=1, how=None, logs=None, supervise=None)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            row = foreign.judge(Suite("suite", "is tried", ["package"], lambda: programs), options)
        return row["ok"], said.getvalue()

    def test_what_is_the_same_is_well(self):
        self.assertEqual(self.judged(found(), found({"b: one": "failed"})), (True, ""))

    def test_what_differs_must_be_expected_as_it_does(self):
        differing = found(differs={"a: one": ("passed", "failed")})
        rest = found({"b: one": "passed"})
        self.assertFalse(self.judged(differing, rest)[0])
        self.assertTrue(self.judged(differing, rest, expected={"a: one": ("passed", "failed")})[0])
        self.assertFalse(self.judged(differing, rest, expected={"a: one": ("passed", "skipped")})[0])

    def test_what_is_expected_must_differ(self):
        ok, said = self.judged(found(), expected={"a: one": ("passed", "failed")})
        self.assertFalse(ok)
        self.assertIn("does not differ as expected/suite says: a: one", said)

    def test_what_differs_sometimes_is_not_well(self):
        self.assertFalse(self.judged(found(sometimes={"a: one": (["passed"], ["failed", "passed"])}), found({"b: one": "passed"}))[0])

    def test_what_cannot_be_compared_shows_nothing(self):
        self.assertFalse(self.judged(found(wavers={"a: one": (["failed", "passed"], ["passed"])}))[0])
        self.assertFalse(self.judged(found({"a: one": "failed"}))[0])

    def test_a_program_of_which_no_test_is_known_shows_nothing(self):
        ok, said = self.judged(found(), found({}))
        self.assertFalse(ok)
        self.assertIn("b: says of no test how it ended", said)


if __name__ == "__main__":
    unittest.main()
