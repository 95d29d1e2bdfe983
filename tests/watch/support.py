# SPDX-License-Identifier: Apache-2.0
"""What the tests of `cloexec audit --system` share: a watch around what is run, and the report of it."""
import contextlib
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import unittest

# Its name is that of this file.
path = pathlib.Path(__file__).resolve().parent.parent / "supervise/support.py"
loader = importlib.util.spec_from_file_location("supervise_support", path)
supervise = importlib.util.module_from_spec(loader)
loader.loader.exec_module(supervise)

CLOEXEC, PROBE, BUILDS, NOBODY, PATIENCE = supervise.CLOEXEC, supervise.PROBE, supervise.BUILDS, supervise.NOBODY, supervise.PATIENCE
runs_narrow, need = supervise.runs_narrow, supervise.need
SPAWNS = os.environ["SPAWNS"]

TYPES = pathlib.Path("/sys/kernel/btf/vmlinux")
FIRST_PID_NAMESPACE = 0xEFFFFFFC  # include/linux/proc_ns.h


def arrived(exec_):
    """As the probe says it: "3=/etc/passwd 5=socket"."""
    return [f"{fd['fd']}={fd['target'].split()[-1].partition(':[')[0]}" for fd in exec_["fds"]]


class Report:
    def __init__(self, text, status, said):
        self.status, self.said = status, said
        self.json = json.loads(text)
        self.execs = self.json["execs"]
        self.lost = self.json["lost"]

    def of(self, program, *words):
        """Its execs, in their order: those whose arguments begin with these words."""
        return [one for one in self.execs if one["program"] == str(program) and one.get("argv", [])[1:len(words) + 1] == list(words)]


class WatchTest(supervise.SupervisedTest):
    SOURCE = supervise.HERE / "probe.c"
    runs_narrow = staticmethod(runs_narrow)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not TYPES.exists():
            raise unittest.SkipTest(f"this kernel has no {TYPES}: nothing can be watched")
        if os.stat("/proc/self/ns/pid").st_ino != FIRST_PID_NAMESPACE:
            raise unittest.SkipTest("not in the first PID namespace: what the kernel tells of has other numbers")

    @contextlib.contextmanager
    def watch(self, *options, variables=None):
        """Runs until the block ends. Yields a list, to which the report comes then; its process is the first element before."""
        report = self.folder / "report.json"
        said = self.folder / "said"
        found = []
        with open(said, "w", encoding="utf-8") as errors:
            process = subprocess.Popen([CLOEXEC, "audit", "--system", "--format", "json", "-o", report, *map(str, options)],
                                       stdin=subprocess.DEVNULL, stderr=errors, env=self.environment(variables))
        self.addCleanup(self.end, process)
        self.wait_for(lambda: process.poll() is not None or "watching" in said.read_text(), "the watch")
        self.assertIsNone(process.poll(), said.read_text())
        found.append(process)
        yield found
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        status = process.wait(PATIENCE)
        found[0] = Report(report.read_text(), status, said.read_text())

    def probe(self, *words, program=PROBE, **options):
        """What the programs that it started say arrived, in their order."""
        result = self.run_command([program, *words], **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""), words)
        return [line.split()[1:] for line in result.stdout.splitlines() if line.startswith("arrived")]
