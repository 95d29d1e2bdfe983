#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes of every kind: stopped, traced, with filters, with tables of their own, with children, in the midst of an exec, and
those that cannot be sealed; and what becomes of them when the command is killed."""
import ctypes
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
import unittest

from support import CLOEXEC, DENY, LEAKED, NOBODY, PATIENCE, WAITER, SealTest, alive, inheritable, state, tracer

SEALED = dict.fromkeys(LEAKED, "sealed")
LEFT = dict.fromkeys(LEAKED, "left")
TO_BE_SEALED = dict.fromkeys(LEAKED, "inheritable")
AS_NOBODY = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]

# A parent that counts what it hears of its child: waits, and signals.
STOPPED = """
import os, signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
while not os.path.exists(f"/proc/{pid}/fd/44"): time.sleep(0.01)
time.sleep(0.2)
os.kill(pid, signal.SIGSTOP)
os.waitpid(pid, os.WUNTRACED)
signal.sigtimedwait([signal.SIGCHLD], 1)
print(pid, flush=True)
sys.stdin.readline()
heard = os.waitpid(pid, os.WUNTRACED | os.WNOHANG | os.WCONTINUED)
print(heard, signal.sigtimedwait([signal.SIGCHLD], 0.1), flush=True)
os.kill(pid, signal.SIGCONT)
os.waitpid(pid, 0)
"""

# Whoever starts many threads and ends them, and execs itself again and again.
RESTLESS = """
import os, sys, threading, time
for n in (40, 42, 43, 44):
    os.dup2(os.open("/etc/passwd", os.O_RDONLY | os.O_CLOEXEC), n)
count = int(sys.argv[1])
threads = [threading.Thread(target=time.sleep, args=(0.002,)) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads[:2]]
if count == 0:
    print("well", flush=True)
    os._exit(0)
os.execv(sys.executable, [sys.executable, "-c", os.environ["SCRIPT"], str(count - 1)])
"""


class Processes(SealTest):
    def test_dry_run(self):
        one = self.waiter("poll-forever", 60000)
        self.assertEqual(self.seal("--dry-run", one.pid), {one.pid: TO_BE_SEALED})
        self.assertEqual(inheritable(one.pid), LEAKED)
        text = self.run_command(CLOEXEC, "seal", "--dry-run", one.pid).stdout
        self.assertRegex(text, rf"^seal_waiter\[{one.pid}\] /.*seal_waiter: 4 to be sealed\n"
                               r"  FD  STATE        OBJECT     TARGET\n"
                               r"  40  inheritable  file       /etc/passwd\n"
                               r"  42  inheritable  directory  /etc\n"
                               r"  43  inheritable  socket     udp socket:\[\d+\]\n"
                               r"  44  inheritable  pipe       pipe:\[\d+\]\n$")

    def test_text(self):
        one = self.waiter("poll-forever", 60000)
        text = self.run_command(CLOEXEC, "seal", one.pid).stdout
        self.assertRegex(text, rf"^seal_waiter\[{one.pid}\] /.*seal_waiter: 4 sealed\n  FD  STATE   OBJECT     TARGET\n")
        text = self.run_command(CLOEXEC, "seal", one.pid).stdout
        self.assertRegex(text, rf"^seal_waiter\[{one.pid}\] /.*seal_waiter: nothing inheritable\n$")

    def test_stopped_stays_stopped(self):
        """Its parent hears nothing, by a wait or a signal; then it goes on for the rest of its time."""
        for call in ("nanosleep", "epoll_wait", "read"):
            with self.subTest(call):
                parent = self.start(sys.executable, "-c", STOPPED, WAITER, call, 2500, stdin=subprocess.PIPE)
                lines = [parent.stdout.readline() for _ in range(2)]
                pid = int(next(line for line in lines if line != "ready\n"))
                self.assertEqual(self.seal(pid), {pid: SEALED})
                self.wait_for(lambda: state(pid) == "T", "its way back into the stop")
                self.assertEqual(tracer(pid), 0)
                parent.stdin.write("\n")
                parent.stdin.flush()
                self.assertEqual(parent.stdout.readline(), "(0, 0) None\n")
                result = parent.stdout.readline()
                # A call that a stop has interrupted gives EINTR, sealed or not (signal(7)).
                self.assertEqual(result, {"nanosleep": "0 0 0 in time\n", "epoll_wait": "-1 EINTR 0 early\n",
                                          "read": "1 0 0 in time\n"}[call])
                self.assertEqual(parent.stdout.readline(), "\n")

    def test_traced_by_another(self):
        one = self.waiter("poll-forever", 60000)
        strace = self.start("strace", "-o", "/dev/null", "-p", one.pid, stderr=subprocess.DEVNULL)
        self.wait_for(lambda: tracer(one.pid), "strace")
        self.assertEqual(self.seal(one.pid, status=125), {one.pid: LEFT})
        self.assertIn(f"process {one.pid} (seal_waiter) is traced by strace[{strace.pid}], and can have one tracer",
                      self.errors)
        strace.terminate()
        strace.wait(PATIENCE)
        self.seal(one.pid)

    def test_filters(self):
        """Root suspends them, one that kills too. Others leave alone whom a filter might kill."""
        twin = self.waiter("poll-forever", 1000, "filter")
        for one in (self.waiter("poll-forever", 60000, before=[DENY, "EPERM", "fcntl,close_range,ioctl", "--"]),
                    self.waiter("poll-forever", 2000, "filter")):
            self.assertEqual(self.seal(one.pid), {one.pid: SEALED})
        # Its filter is in force again, as it was; neither has been killed.
        self.assertEqual(one.communicate(timeout=PATIENCE)[0], "1 0 0 in time\n\n")
        self.assertEqual(twin.communicate(timeout=PATIENCE)[0], "1 0 0 in time\n 40 42 43 44\n")
        copy = self.folder / "waiter"
        copy.write_bytes(pathlib.Path(WAITER).read_bytes())
        copy.chmod(0o755)
        one = self.waiter("poll-forever", 60000, "filter", program=copy, before=AS_NOBODY)
        own = pathlib.Path(self.folder, "cloexec")
        own.write_bytes(pathlib.Path(CLOEXEC).read_bytes())
        own.chmod(0o755)
        self.nothing.chmod(0o644)
        result = self.run_command(*AS_NOBODY, own, "seal", one.pid, variables={"CLOEXEC_POLICY_FILE": ""})
        self.assertEqual(result.returncode, 125, result.stderr)
        self.assertIn("has a seccomp filter, which might kill it for the call", result.stderr)
        self.assertTrue(alive(one.pid))
        self.assertEqual(inheritable(one.pid), LEAKED)

    def test_by_its_own_user(self):
        copy = self.folder / "waiter"
        copy.write_bytes(pathlib.Path(WAITER).read_bytes())
        own = pathlib.Path(self.folder, "cloexec")
        own.write_bytes(pathlib.Path(CLOEXEC).read_bytes())
        for file in (copy, own):
            file.chmod(0o755)
        one = self.waiter("poll-forever", 60000, program=copy, before=AS_NOBODY)
        scope = pathlib.Path("/proc/sys/kernel/yama/ptrace_scope")
        if scope.exists() and scope.read_text().strip() != "0":
            self.skipTest("Yama allows it to root alone here")
        result = self.run_command(*AS_NOBODY, own, "seal", one.pid, variables={"CLOEXEC_POLICY_FILE": ""})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(inheritable(one.pid), [])
        other = self.waiter("poll-forever", 60000)
        result = self.run_command(*AS_NOBODY, own, "seal", other.pid, variables={"CLOEXEC_POLICY_FILE": ""})
        self.assertEqual(result.returncode, 125)
        self.assertIn("may not be read", result.stderr)

    def test_what_cannot_be_sealed(self):
        zombie = subprocess.Popen(["true"])
        self.addCleanup(zombie.wait)
        self.wait_for(lambda: state(zombie.pid) == "Z", "its end")
        cases = [(zombie.pid, "has ended"), (4194305, "is not there")]
        is_of_kernel = 0x200000  # PF_KTHREAD
        flags = {int(entry): int(pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")")[-1].split()[6])
                 for entry in ("2", "3", "4") if os.path.exists(f"/proc/{entry}/stat")}
        cases += [(pid, "is a thread of the kernel") for pid, value in flags.items() if value & is_of_kernel]
        for pid, said in cases:
            self.seal(pid, status=125)
            self.assertIn(said, self.errors)
        one = self.waiter("poll-forever", 60000, "helper")
        thread = next(int(name) for name in os.listdir(f"/proc/{one.pid}/task") if int(name) != one.pid)
        self.seal(thread, status=125)
        self.assertIn(f"process {thread} is a thread of process {one.pid}", self.errors)
        result = self.run_command("sh", "-c", f"exec {CLOEXEC} seal $$")
        self.assertEqual(result.returncode, 125)
        self.assertIn("is cloexec itself", result.stderr)
        # The others are sealed all the same.
        self.assertEqual(self.seal(zombie.pid, one.pid, status=125), {one.pid: SEALED})

    def test_wrong_words(self):
        for words, said in ((["x"], "a PID is a positive number, not 'x'"), (["--unseal", "1"], "--fd LIST"),
                            (["--fd", "3-", "1"], "--fd 3-: not a descriptor number"), ([], "PID is required"),
                            (["--rule", "exempt opne", "1"], "nothing was sealed"), (["--fd", "", "1"], "--fd '': descriptors above 2"),
                            (["--fd", "0-2", "1"], "--fd '0-2': descriptors above 2"),
                            (["--wait", "nan", "1"], "--wait: a number of seconds from 0 to 3600 is expected, not 'nan'")):
            result = self.run_command(CLOEXEC, "seal", *words)
            self.assertEqual(result.returncode, 125, words)
            self.assertIn(said, result.stderr)

    def test_children(self):
        """Parents before their children: what these make meanwhile gets what is sealed."""
        script = f"exec 7</etc/passwd; {WAITER} poll-forever 60000 & sh -c '{WAITER} poll-forever 60000 & wait' & wait"
        shell = self.start("sh", "-c", script)
        self.assertEqual([shell.stdout.readline() for _ in range(2)], ["ready\n"] * 2)
        done = self.seal("--children", "--profile", "strict", shell.pid)
        waiters = [pid for pid in done if set(LEAKED) < set(done[pid])]
        self.assertEqual(len(waiters), 2, done)
        self.assertEqual({state for fds in done.values() for state in fds.values()}, {"sealed"})
        self.assertTrue(all(inheritable(pid) == [] for pid in done))
        for pid in set(done) - {shell.pid}:
            self.addCleanup(self.kill, pid)

    def test_a_child_that_is_about_to_exec(self):
        """What it has put in order for the new program arrives there."""
        script = """
import os, sys, time
os.dup2(0, 40)
pid = os.fork()
if pid == 0:
    os.dup2(0, 41)
    print("ready", flush=True)
    time.sleep(0.4)
    os.execl("/bin/sh", "sh", "-c", "ls /proc/self/fd; read line", "arrived")
os.waitpid(pid, 0)
"""
        one = self.start(sys.executable, "-c", script, stdin=subprocess.PIPE)
        self.assertEqual(one.stdout.readline(), "ready\n")
        done = self.seal("--children", "--profile", "strict", one.pid)
        self.assertEqual(sorted(map(str, done.values())), sorted([str({40: "sealed"}), str({40: "sealed", 41: "sealed"})]))
        self.assertEqual([one.stdout.readline() for _ in range(6)], [f"{number}\n" for number in (0, 1, 2, 3, 40, 41)])
        one.stdin.write("\n")

    def test_threads_with_tables_of_their_own(self):
        script = """
import ctypes, os, threading, time
def own():
    ctypes.CDLL(None).unshare(0x400)
    os.dup2(os.open("/etc/group", os.O_RDONLY | os.O_CLOEXEC), 50)
    print("ready", flush=True)
    time.sleep(100)
os.dup2(os.open("/etc/passwd", os.O_RDONLY | os.O_CLOEXEC), 40)
threading.Thread(target=own, daemon=True).start()
time.sleep(100)
"""
        one = self.start(sys.executable, "-c", script)
        self.assertEqual(one.stdout.readline(), "ready\n")
        done = self.seal(one.pid)[one.pid]
        self.assertEqual((done[40], done[50]), ("sealed", "sealed"))

    def test_processes_with_one_table(self):
        script = """
import ctypes, os, time
libc = ctypes.CDLL(None)
os.dup2(os.open("/etc/passwd", os.O_RDONLY | os.O_CLOEXEC), 40)
pid = libc.syscall(56, 0x400 | 17, 0, 0, 0, 0)
if pid: print(pid, flush=True)
time.sleep(100)
"""
        if os.uname().machine != "x86_64":
            self.skipTest("the number of clone is x86-64's")
        one = self.start(sys.executable, "-c", script)
        child = int(one.stdout.readline())
        self.addCleanup(self.kill, child)
        self.assertEqual(self.seal(one.pid, child), {one.pid: {40: "sealed"}, child: {}})

    def test_pid_namespaces(self):
        """From outside by the number that it has there; not by a /proc of another namespace."""
        outer = self.start("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", WAITER, "poll-forever", 60000)
        self.assertEqual(outer.stdout.readline(), "ready\n")
        one = int(pathlib.Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text())
        self.assertEqual(self.seal(one), {one: SEALED})
        result = self.run_command("unshare", "--pid", "--fork", CLOEXEC, "seal", 1)
        self.assertEqual(result.returncode, 125)
        self.assertIn("/proc is not this PID namespace's", result.stderr)

    def test_many_descriptors(self):
        """In a row, by close_range; with gaps, in turns."""
        script = """
import os, resource, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
for n in range(500): os.dup2(0, 100 + n * int(sys.argv[1]))
print("ready", flush=True)
time.sleep(100)
"""
        for step in (1, 2):
            one = self.start(sys.executable, "-c", script, step)
            self.assertEqual(one.stdout.readline(), "ready\n")
            done = self.seal(one.pid)[one.pid]
            self.assertEqual(done, {100 + n * step: "sealed" for n in range(500)})
            self.assertEqual(inheritable(one.pid), [])

    def test_frozen(self):
        group = next((root for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
                      if os.path.exists(f"{root}/cgroup.procs")), None)
        folder = pathlib.Path(f"{group}/cloexec-test-{os.getpid()}")
        try:
            folder.mkdir()
        except OSError as error:
            self.skipTest(f"no control group can be made here: {error}")
        one = self.waiter("nanosleep", 3000)
        self.addCleanup(lambda: self.wait_for(lambda: folder.rmdir() or True, "an empty group"))
        self.addCleanup(self.end, one)
        (folder / "cgroup.procs").write_text(str(one.pid))
        (folder / "cgroup.freeze").write_text("1")
        self.wait_for(lambda: "frozen 1" in (folder / "cgroup.events").read_text(), "the freeze")
        self.assertEqual(self.seal("--wait", "0.2", one.pid, status=125), {one.pid: LEFT})
        self.assertIn("does not run", self.errors)
        (folder / "cgroup.freeze").write_text("0")
        self.seal(one.pid)
        self.assertEqual(one.communicate(timeout=PATIENCE)[0].splitlines(), ["0 0 0 in time", ""])

    def test_killed_command(self):
        """At any moment: what it has begun a child of its own ends, which no signal for the command reaches."""
        one = self.waiter("nanosleep", 6000)
        others = [self.waiter(call, 6000) for call in ("poll", "futex", "read", "sigsuspend")]
        pids = [process.pid for process in (one, *others)]
        for _ in range(40):
            command = self.start(CLOEXEC, "seal", "--fd", "40-44", *(["--unseal"] if random.random() < 0.5 else []), *pids,
                                 stderr=subprocess.DEVNULL)
            time.sleep(random.random() * 0.03)
            command.send_signal(random.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
            self.end(command)
            self.wait_for(lambda: not any(tracer(pid) for pid in pids), "its child's end")
        self.seal(*pids)
        results = [process.communicate(timeout=PATIENCE)[0].splitlines() for process in (one, *others)]
        self.assertEqual(results, [["0 0 0 in time", ""], ["0 0 0 in time", ""], ["-1 ETIMEDOUT 0 in time", ""],
                                   ["1 0 0 in time", ""], ["-1 EINTR 1 in time", ""]])

    def test_who_is_never_at_rest(self):
        """Makes threads, ends them, and becomes other programs: it gets through, and so does the command."""
        one = self.start(sys.executable, "-c", RESTLESS, 40, variables={"SCRIPT": RESTLESS})
        while one.poll() is None:
            result = self.run_command(CLOEXEC, "seal", "--wait", "1", one.pid)
            self.assertIn(result.returncode, (0, 3, 125), result.stderr)
        self.assertEqual((one.stdout.read(), one.returncode), ("well\n", 0))

    def test_restartable_sequences(self):
        """A thread is not held in the midst of one (rseq(2))."""
        one = self.start(os.environ["SEQUENCE"], 5000)
        if one.stdout.readline() == "":
            self.skipTest("no rseq(2) here")
        end = time.monotonic() + 2
        while time.monotonic() < end:
            self.assertEqual(self.seal(one.pid), {one.pid: {40: "sealed"}})
            self.seal("--unseal", "--fd", "40", one.pid)
        self.assertRegex(one.communicate(timeout=PATIENCE)[0], r"^\d+\n$")
        self.assertEqual(one.returncode, 0)

    def test_kept_and_undone(self):
        one = self.waiter("poll-forever", 60000)
        self.assertEqual(self.seal("--fd", "40,43", one.pid), {one.pid: {40: "sealed", 43: "sealed"}})
        self.assertEqual(inheritable(one.pid), [42, 44])
        self.assertEqual(self.seal("--unseal", "--fd", "40-42", "--dry-run", one.pid), {one.pid: {40: "close-on-exec"}})
        text = self.run_command(CLOEXEC, "seal", "--unseal", "--fd", "40-42", "--dry-run", one.pid).stdout
        self.assertIn(": 1 to be inheritable again\n", text)
        self.assertEqual(inheritable(one.pid), [42, 44])
        self.assertEqual(self.seal("--unseal", "--fd", "40", one.pid), {one.pid: {40: "unsealed"}})
        text = self.run_command(CLOEXEC, "seal", "--unseal", "--fd", "40", one.pid).stdout
        self.assertIn(": nothing close-on-exec\n", text)
        self.assertEqual(inheritable(one.pid), [40, 42, 44])


if __name__ == "__main__":
    unittest.main()
