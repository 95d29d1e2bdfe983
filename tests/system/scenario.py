# SPDX-License-Identifier: Apache-2.0
"""The list of scenarios, and the mark that puts a function on it."""
import dataclasses
from collections.abc import Callable

SCENARIOS = []


@dataclasses.dataclass
class Scenario:
    name: str
    does: str             # in a few words, for the table
    packages: list[str]   # of Debian, each as packages.py chooses it; the first one's version is shown
    quick: bool           # whether CI runs it
    seconds: int          # after which it has failed
    function: Callable


def scenario(*packages, does, quick=False, seconds=120):
    """Marks a function of a Job; its name, with - for _, is the scenario's."""
    def mark(function):
        SCENARIOS.append(Scenario(function.__name__.replace("_", "-"), does, list(packages), quick, seconds, function))
        return function
    return mark
