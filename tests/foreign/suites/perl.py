# SPDX-License-Identifier: Apache-2.0
"""Tests in Perl. Debian ships those of Perl itself in no package; POE's start programs on pipes, ptys and sockets, from two event
loops, with Perl's own fork, exec and open."""
import dataclasses
import pathlib
import re

from suite import Program, Suite, tap

TESTS = pathlib.Path("/usr/share/perl5/POE/Test/Loops")
LOOPS = {"Select": "select", "IO::Poll": "io_poll"}
SCRIPT = 'poe-gen-tests --dirbase t --loop "$1" && exec perl "t/$2.t"'


def tap_without_what_changes(finished):
    """Some names have the date and a process's number in them."""
    text = re.sub(r"\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}|(?<=\()\d+(?=\))", "N", finished.text)
    return tap(dataclasses.replace(finished, text=text))


def programs():
    return [Program(f"{folder}/{test.stem}", ["sh", "-c", SCRIPT, "sh", loop, f"{folder}/{test.stem}"], tap_without_what_changes)
            for loop, folder in LOOPS.items() for test in sorted(TESTS.glob("*.pm"))]


SUITES = [Suite("perl-poe", "Perl's event loops: programs on pipes and ptys, sockets, signals",
                ["libpoe-test-loops-perl", "libpoe-perl", "libio-pty-perl", "perl"], programs)]
