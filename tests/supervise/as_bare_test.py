#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a supervised program and whoever started it see of each other: exit statuses, signals, job control, a terminal."""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from support import CLOEXEC, PATIENCE, PROBE, SupervisedTest, alive, need, state, supervised, tracer

WAITING = "import os, signal, sys"


class Process(SupervisedTest):
    def test_exit_status(self):
        for words, status in ((["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -TERM $$"], -signal.SIGTERM),
                              (["sh", "-c", "kill -KILL $$"], -signal.SIGKILL), ([PROBE, "kill:6"], -signal.SIGABRT)):
            self.expect(self.run_command(words), status, "", "")
            self.expect(self.run_command(supervised(*words)), status, "", "")

    def test_what_cannot_be_started(self):
        self.expect(self.run_command(supervised("no-such-program")), 127, "",
                    "cloexec: no-such-program: No such file or directory\n")
        self.expect(self.run_command(supervised("/")), 126, "", "cloexec: /: Permission denied\n")
        result = self.run_command(supervised("true", options=["--rule", "exempt opne"]))
        self.expect(result, 125, "")

    def test_is_the_process_that_was_started(self):
        """Its number, its parent, its group and its session: LISTEN_PID and $MAINPID mean it."""
        program = self.start(supervised("sh", "-c", "echo $$ $PPID; ps -o pgid=,sid= -p $$; read line; exit 0"),
                             stdin=subprocess.PIPE, start_new_session=True)
        self.assertEqual(program.stdout.readline(), f"{program.pid} {os.getpid()}\n")
        self.assertEqual(program.stdout.readline().split(), [str(program.pid)] * 2)
        supervisor = self.supervisor_of(program)
        self.assertNotEqual(os.getsid(supervisor), program.pid)
        program.stdin.close()
        self.assertEqual(program.wait(PATIENCE), 0)
        self.wait_for(lambda: not alive(supervisor), "the supervisor's end")

    def test_has_no_child_that_it_did_not_make(self):
        script = f"{WAITING}\ntry: os.wait()\nexcept ChildProcessError: print('none')"
        self.expect(self.run_command(supervised("python3", "-c", script)), 0, "none\n", "")

    def test_gets_no_signal_of_ours(self):
        """Not one that is blocked, and so would wait for the program."""
        script = f"{WAITING}\nprint(signal.sigpending())"
        for action in ("signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])",
                       "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"):
            starter = f"{WAITING}\n{action}\nos.execv({CLOEXEC!r}, {supervised('python3', '-c', script)!r})"
            self.expect(self.run_command(["python3", "-c", starter]), 0, "set()\n", "")

    def test_keeps_signals_blocked_and_ignored(self):
        """As they were, the one that ptrace uses too, through an exec that something is closed in."""
        show = "start=/bin/grep:^Sig[BIC] /proc/self/status"
        command = [PROBE, "open", "fork", show, "end"]
        for setting in ("signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTRAP, signal.SIGUSR1, signal.SIGCHLD])",
                        "[signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTRAP, signal.SIGSTOP - 2, signal.SIGHUP)]"):
            starter = f"{WAITING}\n{setting}\nos.execv(sys.argv[1], sys.argv[1:])"
            bare = self.run_command(["python3", "-c", starter, *command])
            self.assertEqual(bare.stdout.count("Sig"), 3, bare.stderr)
            self.expect(self.run_command(["python3", "-c", starter, *supervised(*command)]), 0, bare.stdout, "")

    def test_signals_go_to_the_program(self):
        script = "trap 'echo usr1' USR1; trap 'echo term; exit 3' TERM; echo ready; while :; do sleep 0.01; done"
        program = self.start(supervised("sh", "-c", script))
        self.assertEqual(program.stdout.readline(), "ready\n")
        program.send_signal(signal.SIGUSR1)
        self.assertEqual(program.stdout.readline(), "usr1\n")
        program.terminate()
        self.assertEqual(program.stdout.readline(), "term\n")
        self.assertEqual(program.wait(PATIENCE), 3)

    def test_stops_and_goes_on(self):
        script = 'echo ready; read line; exec "$@"'
        # In an orphaned process group, as that of a CI job is, nobody is stopped by a terminal's signals (setpgid(2)).
        program = self.start(supervised("sh", "-c", script, "sh", PROBE, "open", "fork", "start", "end"), stdin=subprocess.PIPE,
                             process_group=0)
        self.assertEqual(program.stdout.readline(), "ready\n")
        for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN):
            program.send_signal(number)
            pid, status = os.waitpid(program.pid, os.WUNTRACED)
            self.assertEqual((pid, os.WIFSTOPPED(status), os.WSTOPSIG(status)), (program.pid, True, number))
            # It stays so: a tracer sees it as stopped by tracing, everybody else as a stopped job.
            time.sleep(0.05)
            self.assertIn(state(program.pid), "tT")
            program.send_signal(signal.SIGCONT)
            pid, status = os.waitpid(program.pid, os.WCONTINUED)
            self.assertTrue(os.WIFCONTINUED(status))
        program.stdin.write("\n")
        program.stdin.flush()
        self.assertEqual(program.stdout.readline(), "arrived\n")
        self.assertEqual(program.wait(PATIENCE), 0)

    def test_a_stopped_one_can_be_killed(self):
        program = self.start(supervised("sleep", "100"))
        self.supervisor_of(program)
        program.send_signal(signal.SIGSTOP)
        os.waitpid(program.pid, os.WUNTRACED)
        program.kill()
        self.assertEqual(program.wait(PATIENCE), -signal.SIGKILL)

    def test_a_pipe_ends_with_its_writers(self):
        """The supervisor, which goes on with what is in the background, holds nobody's output."""
        script = "sleep 100 </dev/null >/dev/null 2>&1 & echo $!"
        command = self.start(supervised("sh", "-c", script))
        started = time.monotonic()
        background = int(command.stdout.read())
        self.addCleanup(self.kill, background)
        self.assertEqual(command.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - started, PATIENCE)
        supervisor = tracer(background)
        self.assertTrue(alive(supervisor))
        # It may be looking at what has just been started.
        held = lambda: sorted(os.readlink(f"/proc/{supervisor}/fd/{n}") for n in os.listdir(f"/proc/{supervisor}/fd"))
        self.wait_for(lambda: held() == ["/dev/null"] * 3, "a supervisor that holds nothing")
        self.assertEqual(os.readlink(f"/proc/{supervisor}/cwd"), "/")
        self.kill(background)
        self.wait_for(lambda: not alive(supervisor), "the supervisor's end")

    def test_what_goes_into_the_background_is_guarded(self):
        """The program has ended long since when its daemon starts something."""
        command = self.start(supervised(PROBE, "leave", "until-orphaned", "sleep:50", "open:2", "fork", "start", "end", "end"))
        self.assertEqual(command.wait(PATIENCE), 0)
        self.assertEqual(command.stdout.read(), "arrived\n")


    def test_who_waits_for_all_children_finds_its_own(self):
        """Also where the orphans become its own, and the supervisor with them: a container's first process, a subreaper."""
        wait = ("import os\nos.fork() or os._exit(0)\ncount = 0\ntry:\n    while os.wait(): count += 1\n"
                "except ChildProcessError: print(count, flush=True)\nos.execv(os.environ['PROBE'], ['probe', 'open', 'fork', 'start', 'end'])")
        subreaper = "import ctypes, os, sys\nctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\nos.execv(sys.argv[1], sys.argv[1:])"
        for before in ([], ["unshare", "-pf", "--kill-child", "--mount-proc"], ["python3", "-c", subreaper]):
            with self.subTest(before):
                if "unshare" in before:
                    need(self, *before)
                command = [*before, *supervised("python3", "-c", wait)]
                self.expect(self.run_command(command, {"PROBE": PROBE}), 0, "1\narrived\n", "")


class Terminal(SupervisedTest):
    def on_terminal(self, command):
        """Its process id, and the terminal's other side."""
        pid, terminal = pty.fork()
        if pid == 0:
            # Who was put into the background by a script ignores these.
            for number in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)
            os.execve(command[0], command, self.environment({"TERM": "dumb", "PS1": "ready> ", "HOME": "/"}))
        self.addCleanup(os.close, terminal)
        self.addCleanup(self.kill, pid)
        return pid, terminal

    def read_until(self, terminal, pattern):
        text = b""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern.encode(), text):
            ready, _, _ = select.select([terminal], [], [], 1)
            self.assertLess(time.monotonic(), end, f"waited in vain for {pattern} in {text}")
            if ready:
                text += os.read(terminal, 4096)
        return text.decode()

    def test_keys_reach_the_program(self):
        for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)):
            pid, terminal = self.on_terminal(supervised(PROBE, "say:here", "sleep:100000"))
            self.read_until(terminal, "here")
            os.write(terminal, key)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), -number)

    def test_job_control_of_a_shell(self):
        """A shell with jobs: stopped by a key, listed, put into the background, back, and interrupted."""
        pid, terminal = self.on_terminal(supervised("bash", "--norc", "--noprofile", "-i"))
        self.read_until(terminal, "ready> ")

        def enter(line, pattern):
            os.write(terminal, line)
            return self.read_until(terminal, pattern)
        enter(b"sleep 100\n", "sleep 100\r\n")
        job = self.wait_for(lambda: self.children_of(pid), "the job")[0]
        # Before, it is still the shell's copy, which ignores these keys.
        self.wait_for(lambda: pathlib.Path(f"/proc/{job}/comm").read_text() == "sleep\n", "its program")
        self.wait_for(lambda: os.tcgetpgrp(terminal) == job, "the job in the foreground")
        enter(b"\x1a", r"Stopped +sleep 100[^>]*ready> ")
        enter(b"jobs\n", r"\[1\]\+  Stopped +sleep 100[^>]*ready> ")
        enter(b"bg\n", r"\[1\]\+ sleep 100 &[^>]*ready> ")
        enter(b"jobs\n", r"\[1\][+-]  Running +sleep 100[^>]*ready> ")
        enter(b"fg\n", r"sleep 100\r\n")
        self.wait_for(lambda: os.tcgetpgrp(terminal) == job, "the job in the foreground")
        enter(b"\x03", "ready> ")
        enter(b"echo status $?\n", r"status 130[^>]*ready> ")
        os.write(terminal, b"exit 5\n")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 5)

    def test_reading_in_the_background_stops(self):
        pid, terminal = self.on_terminal(supervised("bash", "--norc", "--noprofile", "-i"))
        self.read_until(terminal, "ready> ")
        os.write(terminal, b"cat &\n")
        self.read_until(terminal, r"ready> ")
        cat = self.wait_for(lambda: self.children_of(pid), "the job")[0]
        self.wait_for(lambda: state(cat) in "tT", "its stop")

        def is_listed():
            os.write(terminal, b"jobs -l\n")
            return "Stopped (tty input)" in self.read_until(terminal, r"\[1\][^>]*> ")
        self.wait_for(is_listed, "the shell's word")
        self.kill(cat)
        self.wait_for(lambda: not alive(cat), "its end")
        # The first one may be refused for a job that the shell has not heard of yet.
        os.write(terminal, b"exit 0\nexit 0\n")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main()
