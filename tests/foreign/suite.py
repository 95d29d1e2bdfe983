# SPDX-License-Identifier: Apache-2.0
"""What a suite is: test programs that a Debian package ships, and how to read what they say of each test.

A reader gets a Finished, and returns a map from each test's name to passed, failed or skipped.
"""
import dataclasses
import pathlib
import re
import xml.etree.ElementTree
from collections.abc import Callable

RANK = ["skipped", "passed", "failed"]
SKIPPED_STATUS = 77  # as Automake has it


@dataclasses.dataclass
class Finished:
    status: int | None        # None: it did not end in time
    text: str                 # what it printed
    directory: pathlib.Path   # where it ran


def by_status(finished):
    """The whole program is the test."""
    return {"": {0: "passed", SKIPPED_STATUS: "skipped"}.get(finished.status, "failed")}


def worst(pairs):
    """Of tests with one name (subtests, mostly) the worst result counts."""
    results = {}
    for name, result in pairs:
        results[name] = max(result, results.get(name, result), key=RANK.index)
    return results


def tap(finished, changing=None):
    """The Test Anything Protocol, subtests too, and the program's exit status. `changing` matches what in a name is not the same
    in every run."""
    def tests():
        for line in re.finditer(r"^\s*(not )?ok\b *(\d*)[ -]*([^#\n]*)(?:#\s*(\w+))?", finished.text, re.MULTILINE):
            directive = (line[4] or "").upper()
            verdict = "failed" if line[1] and directive != "TODO" else "passed"
            name = line[3].strip() or line[2]
            yield changing.sub("N", name) if changing else name, "skipped" if directive == "SKIP" else verdict
    skips_all = re.search(r"^1\.\.0 *# *skip", finished.text, re.MULTILINE | re.IGNORECASE)
    return worst(tests()) | ({"": "skipped"} if skips_all else by_status(finished))


def junit(finished):
    """The file report.xml, as pytest and CPython's regrtest write it, and the program's exit status."""
    def tests():
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
            if case.find("failure") is not None or case.find("error") is not None:
                yield name, "failed"
            else:
                yield name, "skipped" if case.find("skipped") is not None else "passed"
    report = finished.directory / "report.xml"
    return by_status(finished) | (worst(tests()) if report.exists() else {})


@dataclasses.dataclass
class Program:
    """One of a suite's programs, run in an empty directory and a network of its own."""
    name: str
    words: list[str]
    read: Callable = by_status
    seconds: int = 300        # after which it has failed


@dataclasses.dataclass
class Suite:
    name: str
    does: str                 # in a few words, for the table
    packages: list[str]       # of Debian; the first one's version is shown
    programs: Callable        # the list of its Programs, made when the packages are there
