# SPDX-License-Identifier: Apache-2.0
"""SWI-Prolog's tests of its libraries for processes, sockets and streams; a file's goal has its name."""
import pathlib

from suite import Program, Suite

ROOT = pathlib.Path("/usr/lib/swi-prolog/test/packages")
LIBRARIES = ["clib", "http", "ssl", "archive", "zlib", "pengines"]


def programs():
    files = [file for library in LIBRARIES for file in sorted((ROOT / library).glob("test_*.pl"))]
    return [Program(f"{file.parent.name}/{file.stem}",
                    ["swipl", "-f", "none", "--no-packs", "-q", "-g", file.stem, "-t", "halt", str(file)]) for file in files]


SUITES = [Suite("swi-prolog", "its libraries: processes, sockets, streams, servers", ["swi-prolog-test", "swi-prolog-nox"], programs)]
