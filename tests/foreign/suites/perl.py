# SPDX-License-Identifier: Apache-2.0
"""Tests in Perl. Debian ships those of Perl itself in no package; POE's start programs on pipes, ptys and sockets, from two event
loops, with Perl's own fork, exec and open."""
import functools
import pathlib
import re

from suite import Program, Suite, tap

TESTS = pathlib.Path("/usr/share/perl5/POE/Test/Loops")
LOOPS = {"Select": "select", "IO::Poll": "io_poll"}
SCRIPT = 'poe-gen-tests --dirbase t --loop "$1" && exec perl "t/$2.t"'
# Some names have the date, and processes' and descriptors' numbers in them.
read = functools.partial(tap, changing=re.compile(r"\w{3} \w{3} +\d+ [\d:]+ \d{4}|\d+"))


def programs():
    return [Program(f"{folder}/{test.stem}", ["sh", "-c", SCRIPT, "sh", loop, f"{folder}/{test.stem}"], read)
            for loop, folder in LOOPS.items() for test in sorted(TESTS.glob("*.pm"))]


SUITES = [Suite("perl-poe", "Perl's event loops: programs on pipes and ptys, sockets, signals",
                ["libpoe-test-loops-perl", "libpoe-perl", "libio-pty-perl", "perl"], programs)]
