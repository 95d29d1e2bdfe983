# SPDX-License-Identifier: Apache-2.0
"""systemd's unit tests: sets of descriptors that are passed on, serialization, generators, journal, bus."""
import pathlib

from suite import Program, Suite

ROOT = pathlib.Path("/usr/lib/systemd/tests")


def programs():
    return [Program(file.name, [str(file)]) for file in sorted(ROOT.glob("test-*"))]


SUITES = [Suite("systemd", "its libraries: sets of descriptors, processes, sockets, buses", ["systemd-tests"], programs)]
