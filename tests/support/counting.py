# SPDX-License-Identifier: Apache-2.0
"""Counts what a program does: instructions by callgrind, system calls by strace. No time is taken, so that a busy machine
changes nothing."""
import os
import re
import subprocess
import tempfile


def clean_environment(**added):
    """This environment, but what is preloaded and how is the test's own business."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_"))}
    return kept | {name: str(value) for name, value in added.items()}


def instructions(command, environment):
    """In user space; those of the first process when it has children."""
    # Where things lie changes how many instructions a memory function takes.
    done = subprocess.run(["setarch", "--addr-no-randomize", "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           *map(str, command)], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    # A child that could not be started has said so as well, before.
    return int(re.findall(r"Collected : (\d+)", done.stderr)[-1])


def system_calls(command, environment, **of_program):
    """From the program's first instruction on. strace itself does not get the variables that are the program's alone, of
    which those without a value are unset."""
    with tempfile.NamedTemporaryFile("r") as trace:
        passed = [word for name, value in of_program.items() if value for word in ("-E", f"{name}={value}")]
        subprocess.run(["strace", "-qq", "-o", trace.name, *passed, *map(str, command)], env=environment, check=True,
                       capture_output=True, timeout=120)
        # The first is the exec of the program, and lines with dashes are signals.
        return sum("(" in line and not line.startswith("---") for line in trace.read().splitlines()[1:])
