# SPDX-License-Identifier: Apache-2.0
"""What a set counts: requests, failures by kind, events. Failures that our own restarts explain are kept apart.

Kinds and not messages, so that the two sets can be compared: without numbers, paths and times.
"""
import collections
import re
import threading


def kind_of(text):
    """A message without what differs from one time to the next."""
    line = next((line for line in str(text).splitlines() if line.strip()), "nothing said")
    line = re.sub(r'(?<![\w"])/[\w./-]+', "PATH", line)
    return re.sub(r"\b(0x)?[0-9A-F]*\d[0-9A-F]*\b|\d+", "N", line).strip()[:200]


def kind_of_exception(trouble):
    return kind_of(f"{type(trouble).__name__}: {trouble}")


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.counters = {name: collections.Counter() for name in ("served", "failed", "forced", "events", "reached")}

    def add(self, counter, server, what, count=1):
        with self.lock:
            self.counters[counter][f"{server}/{what}"] += count

    def snapshot(self):
        with self.lock:
            return {name: dict(counter) for name, counter in self.counters.items()}
