# SPDX-License-Identifier: Apache-2.0
"""What the tests of `cloexec seal` share: programs that wait, and what is inheritable in them."""
import contextlib
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from processes import NOBODY, PATIENCE, ProcessTest, alive, state, tracer  # noqa: E402,F401

HERE = pathlib.Path(__file__).resolve().parent
CLOEXEC = os.environ["CLOEXEC"]
WAITER = os.environ["WAITER"]
DENY = os.environ["DENY"]
SHIM = os.environ["SHIM"]
LEAKED = [40, 42, 43, 44]  # by waiter.c


def inheritable(pid):
    """The numbers above 2 of those that are."""
    numbers = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            info = pathlib.Path(f"/proc/{pid}/fdinfo/{name}").read_text()
            if int(name) > 2 and not int(info.split()[3], 8) & os.O_CLOEXEC:
                numbers.append(int(name))
    return sorted(numbers)


class SealTest(ProcessTest):
    def run_command(self, *command, **options):
        return super().run_command(command, **options)

    def start(self, *command, **options):
        return super().start(command, **options)

    def seal(self, *words, status=0, **options):
        """What became of descriptors, by process and number; in `errors` what was said."""
        result = self.run_command(CLOEXEC, "seal", "--format", "json", *words, **options)
        expected = status if isinstance(status, tuple) else (status,)
        self.assertIn(result.returncode, expected, result.stdout + result.stderr)
        if status == 0:
            self.assertEqual(result.stderr, "")
        self.errors = result.stderr
        processes = json.loads(result.stdout)["processes"]
        return {one["pid"]: {fd["fd"]: fd["state"] for fd in one["fds"]} for one in processes}

    def waiter(self, call, milliseconds, *words, program=WAITER, before=(), **options):
        """waiter.c, in its call."""
        process = self.start(*before, program, call, milliseconds, *words, **options)
        self.assertEqual(process.stdout.readline(), "ready\n", call)
        return process
