#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What giving costs grows with what there is to give, and with what is said, but not with the one times the other. Usage:
cost.py LIBRARY WORK

Instructions are callgrind's; no time is taken.
"""
import pathlib
import resource
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import counting  # noqa: E402
from limits import CLOSE_ALL, CLOSE_ALL_HIGH, CLOSE_EACH, DESCRIPTOR, WORD  # noqa: E402

library, work = sys.argv[1:3]
failures = []
ANNOUNCED = {"CLOEXEC_PROFILE": "strict", "CLOEXEC_POLICY": "exempt exec announced=yes"}


def instructions(preload, *words):
    return counting.instructions([work, *words],
                                 counting.clean_environment(**({"LD_PRELOAD": library} | ANNOUNCED if preload else {})))


def added(kind, few, many, *words):
    """What the shim adds to one of them."""
    shimmed, bare = ((instructions(preload, kind, many, *words) - instructions(preload, kind, few, *words)) / (many - few)
                     for preload in (True, False))
    return shimmed - bare


def expect(what, value, limit, least=1):
    """No cost at all would show that what is counted is not done."""
    good = least <= value <= limit
    if not good:
        failures.append(what)
    print(f"{'ok    ' if good else 'FAILED'} {what}: {value:.0f} (at least {least}, at most {limit:.0f})", flush=True)


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
# The tool wants some for itself.
highest = min(hard, 65536) - 100
resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 100, hard))

made = added("dup", 10, 30, 100, 50) - added("close", 10, 30, 100, 50)
for kind in ("close_range", "closefrom"):
    expect(f"{kind} with nothing open", added(kind, 10, 110, 0, 50), CLOSE_ALL)
    expect(f"{kind} with nothing open, after {highest} was", added(kind, 10, 30, 0, highest), CLOSE_ALL_HIGH)
    expect(f"{kind} of 100 descriptors", added(kind, 10, 30, 100, 50) - made, CLOSE_ALL + 100 * CLOSE_EACH)

cost = {(fds, words): added("execv", 1, 3, fds, words) for fds in (20, 520) for words in (20, 4020)}
for (fds, words), value in cost.items():
    print(f"       execv with {fds} descriptors and {words} words: {value:.0f}")
by_word = (cost[20, 4020] - cost[20, 20]) / 4000
expect("execv, for each word", by_word, WORD)
expect("execv, for each descriptor", (cost[520, 20] - cost[20, 20]) / 500, DESCRIPTOR)
expect("execv, what 500 descriptors add to what 4,000 words cost",
       abs(cost[520, 4020] - cost[520, 20] - cost[20, 4020] + cost[20, 20]), 0.1 * cost[20, 4020], least=0)
spawned = (added("posix_spawn", 1, 3, 20, 4020) - added("posix_spawn", 1, 3, 20, 20)) / 4000
expect("posix_spawn, for each word, beside execv", spawned, 1.2 * by_word)

print(f"{len(failures)} failed")
sys.exit(1 if failures else 0)
