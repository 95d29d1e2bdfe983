# SPDX-License-Identifier: Apache-2.0
"""What running under the shim changes in a suite, test by test, beside what it is expected to change."""
import dataclasses
import pathlib

from trial import BARE, trial

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
SEPARATOR = " | "
MISSING = "missing"
# More runs of both kinds, when the first under the shim differs: what differs in all of them is decided after a few; what
# differs in some may be a test that would waver bare, too.
FEW, MANY = 2, 7


@dataclasses.dataclass
class Comparison:
    """Of one program's tests: what each came to bare, and which of them differ, or cannot be compared."""
    bare: dict
    differs: dict     # test: (bare, shimmed), in every run
    sometimes: dict   # test: all that it came to (bare, shimmed); always the same bare
    wavers: dict      # the same of what is not always the same bare: it cannot be compared
    logs: tuple       # what the last runs printed: bare, shimmed


class Runs:
    """Of one program."""

    def __init__(self, program, how):
        self.program, self.how = program, how
        self.bare, self.shimmed = [], []
        self.logs = [None, None]

    def run_bare(self):
        results, self.logs[0] = trial(self.program, BARE)
        self.bare.append(results)

    def run_shimmed(self):
        results, self.logs[1] = trial(self.program, self.how)
        self.shimmed.append(results)

    def differing(self):
        """A map from each test whose runs are not all the same to what it came to: (bare, shimmed)."""
        found = {}
        for test in sorted(set().union(*self.bare, *self.shimmed)):
            bare, shimmed = ({one.get(test, MISSING) for one in runs} for runs in (self.bare, self.shimmed))
            if len(bare | shimmed) > 1:
                found[test] = sorted(bare), sorted(shimmed)
        return found

    def undecided(self):
        return [shimmed for bare, shimmed in self.differing().values() if len(bare) == 1]


def compare(program, how):
    """Runs the program twice bare and once as `how` says, under the shim, and again where that differs."""
    runs = Runs(program, how)
    runs.run_bare()
    runs.run_shimmed()
    runs.run_bare()
    for round_number in range(MANY):
        undecided = runs.undecided()
        if not undecided or (round_number >= FEW and all(len(shimmed) == 1 for shimmed in undecided)):
            break
        runs.run_shimmed()
        runs.run_bare()
    comparison = Comparison(runs.bare[0], {}, {}, {}, tuple(runs.logs))
    for test, (bare, shimmed) in runs.differing().items():
        if len(bare) > 1:
            comparison.wavers[test] = bare, shimmed
        elif len(shimmed) > 1:
            comparison.sometimes[test] = bare, shimmed
        else:
            comparison.differs[test] = bare[0], shimmed[0]
    return comparison


def expected_of(suite):
    """A map from each test that is expected to differ to (bare, shimmed), as the suite's file in expected/ has it."""
    file = EXPECTED / suite.name
    if not file.exists():
        return {}
    found = {}
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            test, difference, _reason = line.split(SEPARATOR)
            found[test] = tuple(difference.split(", "))
    return found
