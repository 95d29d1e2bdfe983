# SPDX-License-Identifier: Apache-2.0
"""One program of a suite, run once: bare or under the shim, as tests/system has it."""
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "system"))

from attempt import BARE, how_under, run_once  # noqa: E402,F401
from suite import Finished  # noqa: E402

# Suites use fixed ports: each run gets a network of its own.
OWN_NETWORK = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
# What a session of the user's would add.
FOREIGN_VARIABLES = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "NOTIFY_SOCKET")
SECONDS_TO_END = 60


def trial(program, how):
    """A map from each of the program's tests to its result, and what it printed."""
    result = run_once(lambda job: _run(job, program), program.seconds + SECONDS_TO_END, how)
    if result["ok"]:
        return result["said"]
    return {f"{program.name}: ran": "failed"}, result["said"]


def _run(job, program):
    for name in FOREIGN_VARIABLES:
        job.environment.pop(name, None)
    here, home, temporary = (job.directory / name for name in ("here", "home", "tmp"))
    for each in (here, home, temporary):
        each.mkdir()
    process = job.start(*OWN_NETWORK, *program.words, cwd=here,
                        environment={"HOME": str(home), "TMPDIR": str(temporary)})
    try:
        status = process.wait(program.seconds)
    except subprocess.TimeoutExpired:
        status = None
    text = job.log.read_text(errors="replace")
    results = program.read(Finished(status, text, here))
    return {f"{program.name}: {test}" if test else program.name: result for test, result in results.items()}, text
