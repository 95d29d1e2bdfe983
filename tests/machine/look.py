# SPDX-License-Identifier: Apache-2.0
"""What the processes of a machine would hand on, seen from outside, where nothing of it can mislead."""
import contextlib
import dataclasses
import os
import pathlib
import sys

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parent.parent / "system"))

from job import Job  # noqa: E402


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


def look_at(leader):
    programs, shimmed = {}, set()
    for pid in processes_of(leader):
        with contextlib.suppress(OSError):  # it may end at any time
            if "/libcloexec.so" in pathlib.Path(f"/proc/{pid}/maps").read_text():
                shimmed.add(pid)
            programs[pid] = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    return Sight(len(programs), len(shimmed & programs.keys()), sorted(programs[pid] for pid in programs.keys() - shimmed),
                 Job.inheritable(None, programs))
