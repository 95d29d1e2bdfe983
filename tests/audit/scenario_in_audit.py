#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one scenario of tests/system within an audit: its programs get the shim and the ring that this program has got.

Usage: scenario_in_audit.py NAME
"""
import importlib
import os
import pathlib
import sys

SYSTEM = pathlib.Path(__file__).resolve().parent.parent / "system"
sys.path.insert(0, str(SYSTEM))

import job  # noqa: E402
from scenario import SCENARIOS  # noqa: E402


def main():
    for file in (SYSTEM / "programs").glob("*.py"):
        importlib.import_module(f"programs.{file.stem}")
    chosen = next(one for one in SCENARIOS if one.name == sys.argv[1])
    passed_on = {name: value for name, value in os.environ.items() if name.startswith(("CLOEXEC_", "LD_PRELOAD"))}
    run = job.Job(passed_on)
    try:
        chosen.function(run)
    finally:
        run.end()


if __name__ == "__main__":
    main()
