# SPDX-License-Identifier: Apache-2.0
"""What a check can do, and the list of checks in their order. A check returns a text, which must be the same on a machine
that is bare: so nothing in it may be a process id, a time or a place; and it raises when its subject does not work."""
import contextlib
import os
import pathlib
import pty
import re
import select
import subprocess
import time

CHECKS = []
PATIENCE = 120  # seconds for what takes a fraction of one


class Failure(Exception):
    """What is checked does not do what it is for."""


def check(function):
    """Marks a function; its name, with blanks for _, is the check's."""
    CHECKS.append(function)
    return function


def judged(command, status, wanted, output):
    said = output.decode(errors="replace").replace("\r\n", "\n").strip()
    if status != wanted:
        raise Failure(f"{command}: status {status}, not {wanted}: {said}"[-2000:])
    return said


def sh(command, said="", status=0):
    """What a shell's commands say on both their outputs, up to the first that fails; `said` is their input."""
    ended = subprocess.run(["bash", "-ec", command], input=said.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=PATIENCE, check=False)
    return judged(command, ended.returncode, status, ended.stdout)


def on_terminal(command, typed="", after="", status=0):
    """What a shell's command shows on a terminal of its own, at which something is typed as soon as it shows `after`."""
    ours, its = pty.openpty()
    process = subprocess.Popen(["setsid", "--ctty", "--wait", "bash", "-c", command], stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown, end = b"", time.monotonic() + PATIENCE
    while (ended := process.poll()) is None or select.select([ours], [], [], 0)[0]:
        if time.monotonic() > end:
            process.kill()
        if typed and after.encode() in shown:
            os.write(ours, typed.encode())
            typed = ""
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # EIO: nobody has the terminal, for a while at least, as when login hangs it up
                if ended is not None:
                    break
                time.sleep(0.01)
    os.close(ours)
    return judged(command, process.wait(PATIENCE), status, shown)


def wait_for(condition, what):
    """Returns what `condition()` returns as soon as that is true; that it fails is not."""
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError, Failure):
            if value := condition():
                return value
        if time.monotonic() > end:
            raise Failure(f"waited in vain for {what}")
        time.sleep(0.05)


def expect(condition, message):
    if not condition:
        raise Failure(message)


def write(path, text, mode=0o644):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def read(path):
    return pathlib.Path(path).read_text()


def main_pid(unit):
    return int(sh(f"systemctl show --value -p MainPID {unit}"))


def settled(unit):
    """Its state, once it has reloaded: a daemon that is told by a signal tells of it later."""
    return wait_for(lambda: (state := sh(f"systemctl is-active {unit}")) != "reloading" and state, f"{unit} to have reloaded")


def without_numbers(text):
    return re.sub(r"\d+", "N", text)
