# SPDX-License-Identifier: Apache-2.0
"""What /proc says of a process's inheritable descriptors; for services.py."""
import os
import pathlib
import re

CLOSE_ON_EXEC = 0o2000000


def family_of(pid):
    """The process and its descendants."""
    children = {}
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            parent = int(re.search(r"^PPid:\s*(\d+)", status.read_text(), re.MULTILINE)[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    family = [pid]
    for member in family:
        family += children.get(member, [])
    return family


def targets_of(pid):
    """What the inheritable descriptors above 2 refer to, as the links in /proc/PID/fd name it."""
    targets = []
    for entry in sorted(os.listdir(f"/proc/{pid}/fdinfo"), key=int):
        try:
            info = pathlib.Path(f"/proc/{pid}/fdinfo/{entry}").read_text()
            target = os.readlink(f"/proc/{pid}/fd/{entry}")
        except FileNotFoundError:
            continue
        flags = int(re.search(r"^flags:\s*([0-7]+)", info, re.MULTILINE)[1], 8)
        if int(entry) > 2 and not flags & CLOSE_ON_EXEC:
            targets.append(target)
    return targets


def describe(target):
    """The kind of object for people: socket, pipe, eventpoll, or the file's name."""
    if target.startswith("anon_inode:"):
        return target.removeprefix("anon_inode:").strip("[]")
    if re.match(r"(socket|pipe):\[", target):
        return target.split(":")[0]
    return os.path.basename(target)


def maps_file(pid, path):
    """Whether the process has the file mapped: whether a preload took."""
    return path in pathlib.Path(f"/proc/{pid}/maps").read_text()
