# SPDX-License-Identifier: Apache-2.0
"""Compares the two sets. Pure: from two records to a list of (whether it holds, what was looked at and found).

A record is {"series": [...], "end": {...}} as one_set.py writes them.
"""
import collections
import re
import statistics

# What a killed or restarting server's clients see. Which of them they meet is a matter of microseconds, so that one of the
# sets may lack one by chance.
EXPECTED_WHEN_FORCED = re.compile(
    r"refused|reset|closed|broken pipe|RemoteDisconnected|IncompleteRead|starting up|shutting down|in recovery mode|"
    r"not yet accepting|terminat|crash of another|loading the dataset|PATH exited|(?:ab|redis-benchmark) exited", re.IGNORECASE)
# The same for the servers' logs, where there is no telling when.
EXPECTED_IN_LOGS = re.compile(
    r"starting up|shutting down|in recovery mode|not yet accepting|terminat|crash of another|exited on signal N|"
    r"exited with exit code N|could not (?:receive|send) data|unexpected EOF|"
    # redis, killed between two writes to its append-only file
    r"short read|aof-load-truncated|truncat\w+ the AOF", re.IGNORECASE)
# `exempt exec announced=yes`: nginx hands its listening socket to its next binary, which hence has it inheritable, and its
# workers too. One a process.
ALLOWED = {("nginx", "listening socket"): "nginx's listening socket after a binary upgrade (exempt exec announced=yes)"}

# Their tools come and go; the client that lives on is among the processes that are looked at one by one.
OF_CLIENTS = ("processes", "zombies")
TOLERANCE = {"processes": 2, "threads": 2, "zombies": 1, "descriptors": 6, "inheritable": 2}
MEMORY_TOLERANCE = 1024, 0.1          # KiB, and a share of what bare has at the end: whichever is more
SETTLED_TOLERANCE = {"threads": 1, "descriptors": 2, "inheritable": 1}
SETTLED_MEMORY_TOLERANCE = 128, 0.1   # of one process


def quarters(series):
    """The first and the last quarter after the warm-up: a tenth, at most five minutes."""
    end = series[-1]["t"]
    after = [sample for sample in series if sample["t"] >= min(end / 10, 300)]
    size = max(1, len(after) // 4)
    return after[:size], after[-size:]


def exempt(sample, server):
    """How many of a server's inheritable descriptors are exempt on purpose, by kind."""
    processes = sample["servers"][server].get("processes", 0)
    return {kind: count for kind, count in sample["kinds"].get(server, {}).items()
            if (server, kind) in ALLOWED and count <= processes}


def value(sample, server, metric):
    """Of inheritable ones without those exempt: they come with an upgrade and go with a restart."""
    return sample["servers"][server].get(metric, 0) - (sum(exempt(sample, server).values()) if metric == "inheritable" else 0)


def growth(series, server, metric):
    """The medians of first and last quarter, of a server's processes together."""
    return [statistics.median(value(sample, server, metric) for sample in quarter) for quarter in quarters(series)]


def settled_growth(series, metric):
    """By server and role the largest growth of a process that lived from the first quarter to the last: (first, last)."""
    first, last = ({}, {})
    for values, quarter in zip((first, last), quarters(series)):
        for sample in quarter:
            for each in sample["settled"]:
                key = f"{each['server']}: {each['role']}", each["pid"], each["started"]
                values.setdefault(key, []).append(each[metric])
    found = {}
    for key in first.keys() & last.keys():
        pair = statistics.median(first[key]), statistics.median(last[key])
        name = key[0]
        if name not in found or pair[1] - pair[0] > found[name][1] - found[name][0]:
            found[name] = pair
    return found


def tolerance(metric, base, table, memory):
    return max(memory[0], memory[1] * base) if metric in ("dirty", "rss") else table[metric]


def spell(table, memory):
    return ", ".join(f"{name} {most}" for name, most in table.items()) + f", memory {memory[0]} KiB or {memory[1]:.0%}"


class Verdict:
    def __init__(self, bare, shim):
        self.bare, self.shim, self.findings = bare, shim, []

    def say(self, holds, text):
        self.findings.append((bool(holds), text))

    def judge(self):
        for part in (self.measured, self.everything_happened, self.errors, self.logs, self.inheritable, self.growths,
                     self.settled_growths, self.nothing_left):
            part()
        return self.findings

    def measured(self):
        for name, record in (("bare", self.bare), ("shim", self.shim)):
            unreadable = sum(sample["unreadable"] for sample in record["series"])
            self.say(unreadable == 0, f"{name}: all processes could be read ({unreadable} could not)")
        without = collections.Counter()
        for sample in self.shim["series"]:
            without.update(sample["unshimmed"])
        self.say(not without, f"shim: every process has the shim; without it: {dict(without) or 'none'}")
        bare = sum(sum(sample["unshimmed"].values()) for sample in self.bare["series"])
        settled = sum(len(sample["settled"]) for sample in self.bare["series"])
        # One that ends between two looks is in one of them only.
        self.say(settled * 0.99 < bare, f"bare: no process has it ({bare} of {settled} looks)")

    def everything_happened(self):
        for what in ("served", "events"):
            bare, shim = (record["end"][what] for record in (self.bare, self.shim))
            missing = sorted((bare.keys() - shim.keys()) | {key for key in shim if shim[key] == 0})
            self.say(bare and not missing, f"{what}: every kind that bare has, the shim has: missing: {missing or 'none'}")
            fewer = {key: (bare[key], shim[key]) for key in bare.keys() & shim.keys() if shim[key] < 0.8 * bare[key] - 2}
            self.say(not fewer, f"{what}: each at least 0.8 times as often as bare, less two: fewer: {fewer or 'none'}")
        for record in (self.bare, self.shim):
            self.say(record["end"]["hung"] == 0, f"no client hung at the end ({record['end']['hung']})")

    def errors(self):
        bare, shim = (collections.Counter(record["end"]["failed"]) for record in (self.bare, self.shim))
        new = {kind: count for kind, count in shim.items() if kind not in bare}
        self.say(not new, f"errors at other times: no kind that bare has not: {new or 'none'}")
        more = {kind: (bare[kind], shim[kind]) for kind in shim & bare if shim[kind] > 2 * bare[kind] + 5}
        self.say(not more, f"errors at other times: none more than twice as often as bare, plus five: {more or 'none'}")
        for name, failed in (("bare", bare), ("shim", shim)):
            wrong = {kind: count for kind, count in failed.items() if "WrongData" in kind}
            self.say(not wrong, f"{name}: data as written, after every restart too: wrong: {wrong or 'none'}")
        bare, shim = (collections.Counter(record["end"]["forced"]) for record in (self.bare, self.shim))
        new = {kind: count for kind, count in shim.items() if kind not in bare and not EXPECTED_WHEN_FORCED.search(kind)}
        self.say(not new, f"errors during forced restarts: no kind that is neither bare's nor expected: {new or 'none'}")
        self.say(sum(shim.values()) <= 2 * sum(bare.values()) + 20,
                 f"errors during forced restarts: {sum(shim.values())}, bare {sum(bare.values())}; at most twice as many plus 20")

    def logs(self):
        new = {}
        for server, kinds in self.shim["end"]["logs"].items():
            for kind, count in kinds.items():
                if kind not in self.bare["end"]["logs"][server] and not EXPECTED_IN_LOGS.search(kind):
                    new[f"{server}: {kind}"] = count
        self.say(not new, f"the servers' logs: no kind of message that is neither bare's nor expected: {new or 'none'}")

    def inheritable(self):
        totals = [max(sum(of_it.get("inheritable", 0) for of_it in sample["servers"].values()) for sample in record["series"])
                  for record in (self.bare, self.shim)]
        self.say(totals[0] > 0, f"bare: inheritable descriptors are seen: up to {totals[0]}")
        strays, allowed = collections.Counter(), collections.Counter()
        for sample in self.shim["series"]:
            for server, kinds in sample["kinds"].items():
                few = exempt(sample, server)
                for kind, count in kinds.items():
                    into = allowed if kind in few else strays
                    into[f"{server}: {kind}"] = max(into[f"{server}: {kind}"], count)
        self.say(not strays, f"shim: none but those exempt on purpose: {dict(strays) or 'none'}")
        for (server, kind), reason in ALLOWED.items():
            self.findings.append((True, f"  exempt: up to {allowed[f'{server}: {kind}']} at a time: {reason}"))
        bare, shim = (record["end"]["reached"] for record in (self.bare, self.shim))
        for server in sorted({key.split("/")[0] for key in bare}):
            programs, leaked = (f"{server}/{what}" for what in ("programs", "descriptors"))
            self.say(bare[programs] > 0 and bare[leaked] > 0 and shim.get(programs, 0) > 0 and shim[leaked] == 0,
                     f"{server}: descriptors that reached the programs it started: {shim.get(leaked)} in {shim.get(programs)}; "
                     f"bare {bare[leaked]} in {bare[programs]}")

    def growths(self):
        grown = []
        for server in self.shim["series"][0]["servers"]:
            for metric in OF_CLIENTS if server == "clients" else (*TOLERANCE, "dirty", "rss"):
                bare, shim = growth(self.bare["series"], server, metric), growth(self.shim["series"], server, metric)
                if shim[1] - shim[0] > max(0, bare[1] - bare[0]) + tolerance(metric, bare[1], TOLERANCE, MEMORY_TOLERANCE):
                    grown.append(f"{server} {metric} {shim[0]:g} to {shim[1]:g} (bare {bare[0]:g} to {bare[1]:g})")
        self.say(not grown, f"growth of each server's processes together beyond bare's, by more than "
                            f"{spell(TOLERANCE, MEMORY_TOLERANCE)}: {'; '.join(grown) or 'none'}")

    def settled_growths(self):
        grown, roles = [], set()
        for metric in (*SETTLED_TOLERANCE, "dirty", "rss"):
            bare, shim = settled_growth(self.bare["series"], metric), settled_growth(self.shim["series"], metric)
            roles |= shim.keys()
            for name, (first, last) in shim.items():
                before = bare.get(name, (0, 0))
                limit = tolerance(metric, before[1], SETTLED_TOLERANCE, SETTLED_MEMORY_TOLERANCE)
                if last - first > max(0, before[1] - before[0]) + limit:
                    grown.append(f"{name} {metric} {first:g} to {last:g} (bare {before[0]:g} to {before[1]:g})")
        self.say(roles and not grown,
                 f"growth of {len(roles)} kinds of processes that lived throughout, beyond bare's, by more than "
                 f"{spell(SETTLED_TOLERANCE, SETTLED_MEMORY_TOLERANCE)}: {'; '.join(grown) or 'none'}")

    def nothing_left(self):
        for name, record in (("bare", self.bare), ("shim", self.shim)):
            left = record["end"]["left"]
            self.say(not left, f"{name}: what was left when the servers had been told to end: {left or 'nothing'}")
