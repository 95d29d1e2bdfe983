# SPDX-License-Identifier: Apache-2.0
"""Debian's packages: their names and whether they are there at all differ by its release."""
import re
import subprocess


def known_to_apt(names):
    """Those of the names that are installed, or that apt could install."""
    said = subprocess.run(["apt-cache", "policy", *names], capture_output=True, text=True, check=True, env={"LC_ALL": "C"}).stdout
    found = set()
    for name, installed, candidate in re.findall(r"^(\S+):\n  Installed: (.*)\n  Candidate: (.*)$", said, re.MULTILINE):
        if {installed, candidate} != {"(none)"}:
            found.add(name)
    return found


def choose(wanted):
    """{what is wanted: the package, or None}. What is wanted is a name, or some with "|" between them, as Debian writes
    alternatives: the first that there is."""
    known = known_to_apt(sorted({name for one in wanted for name in one.split("|")}))
    return {one: next((name for name in one.split("|") if name in known), None) for one in wanted}
