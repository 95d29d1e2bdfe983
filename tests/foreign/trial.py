# SPDX-License-Identifier: Apache-2.0
"""One program of a suite, run once: bare or under the shim, as tests/system has it."""
import os
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "system"))

from attempt import BARE, how_under, run_once  # noqa: E402,F401
from suite import Finished  # noqa: E402

# Suites use fixed ports: each run gets a network of its own.
# And some leave folders in /var/tmp, whatever TMPDIR says.
OWN_NETWORK = ["unshare", "--net", "--mount", "sh", "-c", 'ip link set lo up && mount -t tmpfs tmpfs /var/tmp && exec "$@"', "sh"]
# What a session of the user's would add.
FOREIGN_VARIABLES = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "NOTIFY_SOCKET")
SECONDS_TO_END = 60


def trial(program, how):
    """A map from each of the program's tests to its result, and what it printed."""
    result = run_once(lambda job: _run(job, program), program.seconds + SECONDS_TO_END, how)
    if result["ok"]:
        return result["said"]
    return {f"{program.name}: ran": "failed"}, result["said"]


def _wait(process, seconds):
    """Its exit status, None when it does not end in time. What it leaves behind is reaped meanwhile: tests ask by kill(2) whether
    their daemons are gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode
        if pid == 0:
            time.sleep(0.02)
    return None


def _run(job, program):
    for name in FOREIGN_VARIABLES:
        job.environment.pop(name, None)
    here, home, temporary = (job.directory / name for name in ("here", "home", "tmp"))
    for each in (here, home, temporary):
        each.mkdir()
    process = job.start(*OWN_NETWORK, *program.words, cwd=here,
                        environment={"HOME": str(home), "TMPDIR": str(temporary)})
    status = _wait(process, program.seconds)
    text = job.log.read_text(errors="replace")
    results = program.read(Finished(status, text, here))
    return {f"{program.name}: {test}" if test else program.name: result for test, result in results.items()}, text
