# SPDX-License-Identifier: Apache-2.0
"""The table of a run, for people."""
from verdict import growth

COLUMNS = (("served", 8), ("in restarts", 12), ("failed else", 12), ("events", 8), ("inheritable", 12), ("descriptors", 14),
           ("private dirty KiB", 18), ("RSS KiB", 18), ("threads", 10), ("zombies", 8))


def total(counter, server):
    return sum(count for key, count in counter.items() if key.split("/")[0] == server)


def from_to(series, server, metric):
    return "{:g} > {:g}".format(*growth(series, server, metric))


def row(record, server):
    series, end = record["series"], record["end"]
    most = max(sample["servers"][server].get("inheritable", 0) for sample in series)
    return [*(total(end[what], server) for what in ("served", "forced", "failed", "events")), most,
            *(from_to(series, server, metric) for metric in ("descriptors", "dirty", "rss", "threads")),
            max(sample["servers"][server].get("zombies", 0) for sample in series)]


def print_table(bare, shim):
    """`a > b`: the medians of the first and the last quarter; inheritable, zombies: the most at a time."""
    print(f"{'':23}" + "".join(f"{name:>{width}}" for name, width in COLUMNS))
    for server in shim["series"][0]["servers"]:
        for name, record in (("bare", bare), ("shim", shim)):
            cells = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(row(record, server), COLUMNS))
            print(f"{server if name == 'bare' else '':17} {name:5}{cells}")
    print()
