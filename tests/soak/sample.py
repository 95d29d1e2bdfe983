# SPDX-License-Identifier: Apache-2.0
"""One look at all processes of a set: what each holds, what it would pass on, and what it costs."""
import collections
import json
import os
import pathlib
import re
import time

from processes import family, folder_of
from tally import kind_of

SETTLED = 5  # seconds after which a process counts as one that lives on


def memory(pid):
    """Resident and private dirty memory in KiB, of proc_pid_smaps(5)."""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return sizes["Rss"], sizes["Private_Dirty"]


def role(pid):
    """The first two words of its command line without paths and numbers: daemons put their task there."""
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").split()[:2]
    return " ".join(re.sub(r"[^\w: -]|\d", "", word.rsplit("/", 1)[-1]) for word in words)


def describe(descriptor):
    """The kind of object, from what `cloexec ps` says of it."""
    if "(listening)" in descriptor["target"]:
        return "listening socket"
    return f"{descriptor['object']} {kind_of(descriptor['target'].split(';')[0])}"


class Sampler:
    def __init__(self, job, servers, tally, command, file):
        self.job, self.servers, self.tally, self.command, self.file = job, servers, tally, command, file
        self.began = time.monotonic()

    def owner(self, process, parents):
        """The server that a process belongs to, by its folder; a zombie has none, hence by its parent's."""
        folder = folder_of(process.pid) or folder_of(parents.get(process.pid, ""))
        return next((server.name for server in self.servers if pathlib.Path(folder).is_relative_to(server.folder)), "clients")

    def inheritable(self, pids):
        """What `cloexec ps` says of them: by process the inheritable descriptors, and who has the shim."""
        done = self.job.run(self.command, "ps", "--json", *pids, bare=True, check=False)
        unreadable = done.stderr.count("may not be read")
        processes = json.loads(done.stdout)["processes"]
        return {each["pid"]: [describe(descriptor) for descriptor in each["fds"]] for each in processes}, \
            {each["pid"] for each in processes if each["shim"]}, unreadable

    def take(self):
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        listed = family()
        parents = {each.pid: each.parent for each in listed}
        running = [each for each in listed if each.state != "Z"]
        inheritable, shimmed, unreadable = self.inheritable([each.pid for each in running])
        servers = {name: collections.Counter() for name in [server.name for server in self.servers] + ["clients"]}
        kinds = collections.defaultdict(collections.Counter)
        settled = []
        unshimmed = collections.Counter()
        for each in listed:
            owner = self.owner(each, parents)
            servers[owner]["zombies"] += each.state == "Z"
            if each.state == "Z":
                continue
            try:
                rss, dirty = memory(each.pid)
                its_role, descriptors = role(each.pid), len(os.listdir(f"/proc/{each.pid}/fd"))
            except (OSError, KeyError):
                continue  # ended meanwhile; what may not be read is told by `cloexec ps`
            of_it = {"threads": each.threads, "descriptors": descriptors, "inheritable": len(inheritable.get(each.pid, [])),
                     "rss": rss, "dirty": dirty}
            servers[owner].update(of_it | {"processes": 1})
            kinds[owner].update(inheritable.get(each.pid, []))
            if now - each.started > SETTLED:
                settled.append({"pid": each.pid, "started": each.started, "server": owner, "role": its_role} | of_it)
                if each.pid in inheritable and each.pid not in shimmed:
                    unshimmed[f"{owner}/{its_role}"] += 1
        record = {"t": round(time.monotonic() - self.began, 1), "servers": servers, "kinds": kinds, "settled": settled,
                  "unshimmed": unshimmed, "unreadable": unreadable} | self.tally.snapshot()
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()
