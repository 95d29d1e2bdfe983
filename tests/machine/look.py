# SPDX-License-Identifier: Apache-2.0
"""What the processes of a machine would hand on, seen from outside, where nothing of it can mislead."""
import contextlib
import dataclasses
import fnmatch
import os
import pathlib
import sys

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parent.parent / "system"))

from job import inheritable  # noqa: E402


@dataclasses.dataclass
class Sight:
    processes: int
    shimmed: int
    unshimmed: list    # programs
    inheritable: list  # (pid, program, number, what it is)


def processes_of(leader):
    """All of the machine's whose first process this is."""
    machine = os.readlink(f"/proc/{leader}/ns/pid")
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.readlink(entry / "ns/pid") == machine and os.readlink(entry / "exe"):
                yield int(entry.name)


def handed_on(are_checked):
    """Globs of the programs that are given inheritable descriptors on purpose, or are once the checks have asked for it."""
    lines = (pathlib.Path(__file__).parent / "handed-on").read_text().splitlines()
    words = [line.split()[0] for line in lines if not line.startswith("#")]
    return [word.removeprefix("+") for word in words if are_checked or not word.startswith("+")]


def strays(sight, are_checked):
    """What is inheritable though it should not be with the shim."""
    globs = handed_on(are_checked)
    return [each for each in sight.inheritable if not any(fnmatch.fnmatch(each[1], glob) for glob in globs)]


def look_at(leader):
    programs, shimmed = {}, set()
    for pid in processes_of(leader):
        with contextlib.suppress(OSError):  # it may end at any time
            if "/libcloexec.so" in pathlib.Path(f"/proc/{pid}/maps").read_text():
                shimmed.add(pid)
            programs[pid] = pathlib.Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    return Sight(len(programs), len(shimmed & programs.keys()), sorted(programs[pid] for pid in programs.keys() - shimmed),
                 inheritable(programs))
