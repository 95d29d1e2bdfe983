# SPDX-License-Identifier: Apache-2.0
"""What running under the shim changes in a suite, test by test, beside what it is expected to change."""
import dataclasses
import pathlib

from trial import trial

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
SEPARATOR = " | "
MISSING = "missing"
MORE_RUNS = 2  # of what differs


@dataclasses.dataclass
class Comparison:
    """Of one program's tests: what each came to bare, and which of them differ, or cannot be compared."""
    bare: dict
    differs: dict     # test: (bare, shimmed)
    wavers: dict      # test: (all that it came to bare, and under the shim)
    logs: tuple       # what the last runs printed: bare, shimmed


def compare(program, shim):
    """Runs the program twice bare and once under the shim, and again where that differs."""
    bare, shimmed, logs = [], [], [None, None]

    def run(results, variables, log):
        result, logs[log] = trial(program, variables)
        results.append(result)

    def all_of(test):
        return [one.get(test, MISSING) for one in bare], [one.get(test, MISSING) for one in shimmed]

    def differing():
        return [test for test in sorted(set().union(*bare, *shimmed)) if len(set(sum(all_of(test), []))) > 1]

    run(bare, {}, 0)
    run(shimmed, {"LD_PRELOAD": str(shim)}, 1)
    run(bare, {}, 0)
    if differing():
        for _ in range(MORE_RUNS):
            run(shimmed, {"LD_PRELOAD": str(shim)}, 1)
            run(bare, {}, 0)
    comparison = Comparison(bare[0], {}, {}, tuple(logs))
    for test in differing():
        before, after = (set(results) for results in all_of(test))
        if len(before) == len(after) == 1:
            comparison.differs[test] = (*before, *after)
        else:
            comparison.wavers[test] = (sorted(before), sorted(after))
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
