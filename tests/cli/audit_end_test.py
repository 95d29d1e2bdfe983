#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How an audit ends: whom its signals are for, and what becomes of the files that it writes."""
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import time
import unittest

from support import CLOEXEC, PATH, CommandTest

# Writes down each signal that comes, and ends with the status 7 at the one that its last argument names.
LISTENER = """
import os, signal, sys
def note(number, frame):
    with open(sys.argv[1], "a") as file: print(signal.Signals(number).name, file=file)
    if sys.argv[2] == signal.Signals(number).name: os._exit(7)
for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"): signal.signal(getattr(signal, name), note)
print("ready", flush=True)
while True: signal.pause()
"""


class EndTest(CommandTest):
    def environment(self):
        return {"PATH": PATH, "ASAN_OPTIONS": "verify_asan_link_order=0", "CLOEXEC_POLICY_FILE": self.nothing}

    def started(self, *words, **options):
        """An audit of a program that has written a line."""
        audit = subprocess.Popen([CLOEXEC, "audit", "--format", "json", "-o", "report", "--", *words], text=True, cwd=self.folder,
                                 env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, **options)
        self.addCleanup(audit.communicate)
        self.addCleanup(audit.kill)
        line = audit.stdout.readline()
        self.assertTrue(line, audit)
        return audit, line.strip()

    def ended(self, audit, status):
        """Its report."""
        output = audit.communicate(timeout=60)
        self.assertEqual(audit.returncode, status, output)
        return json.loads((self.folder / "report").read_text())

    def lines(self, name, count):
        """When there are so many."""
        until = time.monotonic() + 60
        path = self.folder / name
        while time.monotonic() < until:
            lines = path.read_text().split() if path.exists() else []
            if len(lines) >= count:
                return lines
            time.sleep(0.01)
        raise AssertionError(f"{name} has {lines}")


class Signals(EndTest):
    def test_are_the_programs(self):
        names = ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGQUIT", "SIGINT", "SIGTERM"]
        audit, _ = self.started(sys.executable, "-c", LISTENER, "heard", "SIGTERM")
        for number, name in enumerate(names, 1):
            audit.send_signal(getattr(signal, name))
            if name != "SIGTERM":
                self.lines("heard", number)
        self.assertEqual(len(self.ended(audit, 7)["execs"]), 1)
        self.assertEqual(self.lines("heard", 6), names)

    def test_of_a_terminal_come_once(self):
        pid, screen = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(CLOEXEC, [CLOEXEC, "audit", "-o", "report", "--", sys.executable, "-c", LISTENER, "heard", "SIGQUIT"],
                      self.environment())
        self.addCleanup(os.close, screen)
        seen = b""
        while b"ready" not in seen:
            seen += os.read(screen, 4096)
        os.write(screen, b"\x03")
        self.lines("heard", 1)
        os.kill(pid, signal.SIGUSR1)  # another behind it: none is still to come
        self.lines("heard", 2)
        os.write(screen, b"\x1c")
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 7)
        self.assertEqual(self.lines("heard", 3), ["SIGINT", "SIGUSR1", "SIGQUIT"])

    def test_go_to_what_the_program_has_left(self):
        left = f"{sys.executable} -c '{LISTENER}' heard SIGTERM & sleep 0.1; exit 3"
        audit, _ = self.started("sh", "-c", left)
        time.sleep(0.5)
        audit.send_signal(signal.SIGHUP)
        self.assertEqual(self.lines("heard", 1), ["SIGHUP"])
        audit.send_signal(signal.SIGTERM)
        self.ended(audit, 3)
        self.assertEqual(self.lines("heard", 2), ["SIGHUP", "SIGTERM"])

    def test_that_end_the_program_end_what_it_leaves(self):
        """Once each: it is the audit that they are left to."""
        program = f"{sys.executable} -c '{LISTENER}' heard SIGTERM & trap 'exit 5' TERM; wait"
        audit, _ = self.started("sh", "-c", program)
        audit.send_signal(signal.SIGTERM)
        self.ended(audit, 5)
        self.assertEqual(self.lines("heard", 1), ["SIGTERM"])

    def test_an_interrupt_ends_the_audit_when_others_are_left(self):
        audit, pid = self.started("sh", "-c", "sleep 300 & echo $!; exit 4")
        self.addCleanup(os.kill, int(pid), signal.SIGKILL)
        time.sleep(0.5)
        audit.send_signal(signal.SIGINT)
        self.assertEqual([one["argv0"] for one in self.ended_without_output(audit, 4)["execs"]], ["sh", "sleep"])
        os.kill(int(pid), 0)

    def ended_without_output(self, audit, status):
        """Of one whose program has left somebody who holds its output open."""
        self.assertEqual(audit.wait(60), status)
        return json.loads((self.folder / "report").read_text())

    def test_that_are_ignored_stay_so(self):
        """As nohup wants it, for the program and for its audit."""
        audit, _ = self.started("sh", "-c", "echo ready; read line < fifo; exit 6",
                                preexec_fn=lambda: (os.mkfifo("fifo"), signal.signal(signal.SIGHUP, signal.SIG_IGN)))
        audit.send_signal(signal.SIGHUP)
        (self.folder / "fifo").write_text("go on\n")
        self.ended(audit, 6)

    def test_dispositions_are_those_of_a_bare_start(self):
        state = ["grep", "^Sig[BIC]", "/proc/self/status"]

        def prepare(ignored, blocked):
            def act():
                for number in ignored:
                    signal.signal(number, signal.SIG_IGN)
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            return act
        for ignored, blocked in (([], []), ([signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD], [signal.SIGUSR1]),
                                 ([signal.SIGUSR2], [signal.SIGTERM, signal.SIGINT])):
            options = {"env": self.environment(), "capture_output": True, "text": True, "cwd": self.folder, "timeout": 60,
                       "restore_signals": False, "preexec_fn": prepare(ignored, blocked)}
            bare = subprocess.run(state, check=True, **options).stdout
            audited = subprocess.run([CLOEXEC, "audit", "-o", "report", "--", *state], check=True, **options).stdout
            self.assertEqual(audited, bare)

    def test_a_broken_pipe_ends_a_report_quietly(self):
        script = f"{CLOEXEC} audit -- true 2>said | :; cat said; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", script], env=self.environment(), cwd=self.folder, capture_output=True, text=True,
                              timeout=60)
        self.assertIn(done.stdout, (f"{128 + signal.SIGPIPE}\n", "0\n"))


class Files(EndTest):
    def audit(self, *words):
        return self.cloexec("audit", *words)

    def test_are_left_alone_when_the_program_cannot_run(self):
        report, baseline = self.folder / "report", self.folder / "leaks.json"
        report.write_text("precious")
        baseline.write_text("precious, too")
        (self.folder / "lost").write_text("#!/no/such/interpreter\n")
        (self.folder / "lost").chmod(0o755)
        (self.folder / "plain").write_text("")
        for program, status in (("no-such-program", 127), ("./missing", 127), ("./plain", 126), (".", 126), ("/", 126),
                                ("./lost", 127), ("", 127)):
            result = self.audit("-o", "report", "--write-baseline", "leaks.json", "--", program, "argument")
            self.expect(result, status, "")
            self.assertRegex(result.stderr, f"^cloexec: {re.escape(program)}: [A-Z].*\n$")
            self.assertEqual((report.read_text(), baseline.read_text()), ("precious", "precious, too"), program)
        self.assertEqual(sorted(os.listdir(self.folder)), ["leaks.json", "lost", "nothing.conf", "plain", "report"])

    def test_are_replaced_whole(self):
        report, link = self.folder / "report", self.folder / "link"
        report.write_text("old")
        report.chmod(0o640)
        os.chown(report, 12, 34)
        link.symlink_to("report")
        with open(report) as before:
            self.expect(self.audit("-o", "link", "--", "true"), 0, "", None)
            self.assertEqual(before.read(), "old")
        self.assertIn("1 program started", report.read_text())
        self.assertTrue(link.is_symlink())
        status = report.stat()
        self.assertEqual((status.st_mode & 0o7777, status.st_uid, status.st_gid), (0o640, 12, 34))
        self.assertEqual(sorted(os.listdir(self.folder)), ["link", "nothing.conf", "report"])
        mask = os.umask(0o027)
        self.addCleanup(os.umask, mask)
        self.expect(self.audit("-o", "new", "--", "true"), 0)
        self.assertEqual((self.folder / "new").stat().st_mode & 0o7777, 0o640)

    def test_are_untouched_by_an_audit_that_is_killed(self):
        report = self.folder / "report"
        report.write_text("old")
        audit, pid = self.started("sh", "-c", "echo $$; exec sleep 300")
        audit.kill()
        os.kill(int(pid), signal.SIGKILL)
        audit.wait()
        self.assertEqual(report.read_text(), "old")
        self.assertEqual(sorted(os.listdir(self.folder)), ["nothing.conf", "report"])

    def test_in_a_folder_that_nobody_may_write(self):
        """The file alone is the user's: systemd units, for one, are given such."""
        self.folder.chmod(0o755)
        for folder in (self.folder, *pathlib.Path(CLOEXEC).parents):
            if folder.stat().st_mode & 0o005 != 0o005:
                self.skipTest(f"others cannot reach {folder}")
        report = self.folder / "report"
        report.write_text("old, and longer than what comes " + "x" * 10000)
        os.chown(report, 65534, 65534)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", CLOEXEC, "audit", "-o"]
        done = subprocess.run([*command, "report", "--", "true"], env=self.environment(), cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("1 program started", report.read_text())
        self.assertNotIn("x" * 100, report.read_text())
        done = subprocess.run([*command, "other", "--", "touch", "ran"], env=self.environment(), cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (125, "cloexec: other cannot be written: Permission denied\n"))

    def test_a_fifo_keeps_its_reader(self):
        os.mkfifo(self.folder / "pipe")
        reader = subprocess.Popen(["cat", str(self.folder / "pipe")], stdout=subprocess.PIPE, text=True)
        self.addCleanup(reader.kill)
        self.expect(self.cloexec("audit", "-o", "pipe", "--", "true"), 0)
        self.assertIn("Nothing leaked", reader.communicate(timeout=20)[0])

    def test_that_are_none(self):
        """What the program wrote to the same place stays before the report."""
        script = f"{CLOEXEC} audit -o /dev/stdout -- echo first >all"
        subprocess.run(["sh", "-c", script], env=self.environment(), cwd=self.folder, check=True, timeout=60)
        self.assertRegex((self.folder / "all").read_text(), "(?s)^first\n.*1 program started")
        script = f"{CLOEXEC} audit -o /dev/stderr -- sh -c 'echo first >&2' 2>all"
        subprocess.run(["sh", "-c", script], env=self.environment(), cwd=self.folder, check=True, timeout=60)
        self.assertRegex((self.folder / "all").read_text(), "(?s)^first\n.*1 program started")
        self.expect(self.audit("-o", "/dev/null", "--", "true"), 0, "")
        self.expect(self.audit("-o", ".", "--", "touch", "ran"), 125, "", "cloexec: . cannot be written: Is a directory\n")
        self.assertFalse((self.folder / "ran").exists())


if __name__ == "__main__":
    unittest.main()
