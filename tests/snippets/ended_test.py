#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A comparison that is ended leaves neither its runner nor what that has made. Usage: ended_test.py SHIM SNIPPETS"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

COMPARE = pathlib.Path(__file__).resolve().parent / "compare.py"
PATIENCE = 60


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.01)


def runners(folder):
    """Whose environment has the folder."""
    found = []
    for environment in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in environment.read_bytes():
                found.append(environment.parent.name)
        except OSError:
            pass
    return found


def main():
    shim, snippets = sys.argv[1:]
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        process = subprocess.Popen([sys.executable, COMPARE, "--shim", shim, "--context", "cancel", "--", snippets],
                                   env=os.environ | {"TMPDIR": text}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: list(folder.glob("*/*/file")), "the runner's file")
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            left = [*folder.rglob("*"), *runners(folder)]
        finally:
            process.kill()
            process.wait()
    print(f"left behind: {left or 'nothing'}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
