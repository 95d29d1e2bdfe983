#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tracees that do what comes to their mind, sandboxes, other tracers, other users: nothing hangs, nothing is closed that was
not to be, and what cannot be done is said."""
import json
import os
import random
import re
import shutil
import subprocess
import unittest

from support import CLOEXEC, NOBODY, PATIENCE, PROBE, SupervisedTest, alive, need, supervised, tracer

CHAOS = os.environ["CHAOS"]
DENY = os.environ["DENY"]
KILLED_EARLY = os.environ["KILLED_EARLY"]
LEAK = ["open:2", "socket", "fork", "start", "end"]  # three leak
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


class Hostile(SupervisedTest):
    def test_chaos(self):
        """They fork in all ways, exec from any thread, share tables with whom nobody traces, stop and kill each other."""
        for _ in range(4):
            seed = random.randrange(1 << 20)
            with self.subTest(seed):
                program = self.start(supervised(CHAOS, seed, 3000))
                supervisor = self.supervisor_of(program)
                output = program.communicate(timeout=PATIENCE)[0]
                seen = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", output)}
                self.assertGreater(seen["begun"], 50, output)
                self.assertGreater(seen["told"], 5, output)
                self.assertEqual((seen["lost"], seen["left"]), (0, 0), output)
                self.wait_for(lambda one=supervisor: not alive(one), "the supervisor's end")

    def test_children_that_are_killed_as_they_are_born(self):
        """Their end is heard of before their parent has told of them, which waits for them as vfork(2) does."""
        inside = ["unshare", "-pf", "--kill-child", "--mount-proc"]
        need(self, *inside)
        self.expect(self.run_command([*inside, *supervised("sh", "-c", f"{KILLED_EARLY}; exit $?")]), 0, "600\n", "")

    def test_a_table_shared_with_a_process_outside(self):
        """An exec has a table of its own (execve(2)): what is closed there stays open here."""
        command = supervised(PROBE, "open:2", "clone:files", "start", "end", "start")
        self.expect(self.run_command(command), 0, "arrived\narrived 3=/etc/passwd 4=/etc/passwd\n", "")


class Sandboxes(SupervisedTest):
    def test_filters(self):
        """As root the filter is suspended for these calls; as another close(2), which every loader makes, does it."""
        for who in ([], AS_NOBODY):
            for refused in ("close_range", "kcmp", "close_range,openat2,kcmp"):
                inside = supervised(DENY, "EPERM", refused, "--", PROBE, *LEAK)
                self.expect(self.run_command([*who, *inside]), 0, "arrived\n", "")
        # As root even one that refuses this.
        self.expect(self.run_command(supervised(DENY, "EPERM", "close", "--", PROBE, *LEAK)), 0, "arrived\n", "")

    def test_no_new_privileges(self):
        self.expect(self.run_command(["setpriv", "--no-new-privs", *supervised(PROBE, *LEAK)]), 0, "arrived\n", "")

    def test_bubblewrap(self):
        bwrap = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--unshare-pid", "--"]
        need(self, *bwrap)
        bare = self.run_command([*bwrap, PROBE, *LEAK])
        self.expect(bare, 0, "arrived 3=/etc/passwd 4=/etc/passwd 5=socket\n", "")
        self.expect(self.run_command(supervised(*bwrap, PROBE, *LEAK)), 0, "arrived\n", "")
        # And the other way round: the supervisor in the sandbox.
        self.expect(self.run_command([*bwrap, *supervised(PROBE, *LEAK)]), 0, "arrived\n", "")

    def test_crun(self):
        """A container with namespaces, capabilities and a filter of its own, by what Podman starts them with."""
        need(self, "unshare", "--mount")
        for folder in ("proc", "dev", "etc"):
            (self.folder / "rootfs" / folder).mkdir(parents=True)
        shutil.copy(PROBE, self.folder / "rootfs" / "probe")
        (self.folder / "rootfs" / "etc" / "passwd").write_text("")
        namespaces = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]
        filtered = {"defaultAction": "SCMP_ACT_ALLOW",
                    "syscalls": [{"names": ["kcmp", "close_range", "ptrace"], "action": "SCMP_ACT_ERRNO"}]}
        (self.folder / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.0", "root": {"path": "rootfs"},
            "process": {"cwd": "/", "args": ["/probe", *LEAK], "env": [], "user": {"uid": NOBODY, "gid": NOBODY},
                        "capabilities": {}, "noNewPrivileges": True},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
            "linux": {"namespaces": namespaces, "seccomp": filtered}}))
        # It knows no machine that has the older cgroups, too.
        unified = ["unshare", "-m", "sh", "-c", 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"', "sh"]
        run = [*unified, "crun", f"--root={self.folder}/state", "--cgroup-manager=disabled", "run", f"--bundle={self.folder}", "probe"]
        self.expect(self.run_command(run), 0, "arrived 3=/etc/passwd 4=/etc/passwd 5=socket\n", "")
        self.expect(self.run_command(supervised(*run)), 0, "arrived\n", "")

    def test_where_ptrace_is_refused(self):
        result = self.run_command([DENY, "EPERM", "ptrace", "--", *supervised(PROBE, "start")])
        self.expect(result, 125, "")
        self.assertIn("a container needs --cap-add=SYS_PTRACE", result.stderr)


class Tracers(SupervisedTest):
    def test_a_debugger_is_left_alone(self):
        """With all that it starts, which it could not trace otherwise."""
        for command in (["strace", "-f", "-o", "/dev/null", PROBE, *LEAK],
                        ["gdb", "-nx", "-batch", "-ex", "set startup-with-shell off", "-ex", "run", "--args", PROBE, "say:here"]):
            if shutil.which(command[0]) is None:
                self.skipTest(f"{command[0]} is not installed")
            bare, ours = self.run_command(command), self.run_command(supervised(*command))
            self.assertEqual((ours.returncode, ours.stdout.count("arrived"), ours.stdout.count("here")),
                             (0, bare.stdout.count("arrived"), bare.stdout.count("here")), ours.stderr)

    def test_who_is_not_named_is_traced_itself(self):
        result = self.run_command(supervised("strace", "-f", "-o", "/dev/null", PROBE, "start", options=["--step-aside", "none"]))
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("Operation not permitted", result.stderr)

    def test_one_supervisor_a_process(self):
        result = self.run_command(supervised(*supervised(PROBE, "start")))
        self.expect(result, 125, "")
        self.assertIn("traced already", result.stderr)


class Users(SupervisedTest):
    def test_an_ordinary_user(self):
        self.expect(self.run_command([*AS_NOBODY, *supervised(PROBE, *LEAK)]), 0, "arrived\n", "")

    def test_set_user_id(self):
        """With root's supervisor as bare; with another's the kernel gives it no privilege (ptrace(2))."""
        program = self.folder / "id"
        shutil.copy("/usr/bin/id", program)
        program.chmod(0o4755)
        start = [*AS_NOBODY, program, "-u"]
        if self.run_command(start).stdout != "0\n":
            self.skipTest("the folder for temporary files is mounted nosuid")
        self.expect(self.run_command(supervised(*start)), 0, "0\n", "")
        without = self.run_command([*AS_NOBODY, *supervised(program, "-u")])
        self.expect(without, 0, f"{NOBODY}\n")
        self.assertIn(f"cloexec: {program} is set-user-ID (user 0): it starts without that", without.stderr)

    def test_leaks_into_a_set_user_id_program(self):
        program = self.folder / "probe"
        shutil.copy(PROBE, program)
        program.chmod(0o4755)
        verbs = ["open:2", "fork", f"start={program}:arrived", "end"]
        self.expect(self.run_command(supervised(*AS_NOBODY, PROBE, *verbs)), 0, "arrived\n", "")

    def test_a_program_that_may_not_be_read(self):
        """Its /proc entries are root's, who sees them; a supervisor of the user's own leaves it what it has."""
        program = self.folder / "probe"
        shutil.copy(PROBE, program)
        program.chmod(0o711)
        verbs = ["open:2", "fork", f"start={program}:exit:7", "end", "exit:6"]
        for command in (supervised(*AS_NOBODY, PROBE, *verbs), [*AS_NOBODY, *supervised(PROBE, *verbs)]):
            self.expect(self.run_command(command), 6, "", "")


class Killed(SupervisedTest):
    def test_the_tree_runs_on(self):
        program = self.start(supervised(PROBE, "say:ready", "sleep:1000", *LEAK, "exit:3"))
        self.assertEqual(program.stdout.readline(), "ready\n")
        self.kill(self.supervisor_of(program))
        self.assertEqual(program.wait(PATIENCE), 3)
        self.assertEqual(program.stdout.read(), "arrived 3=/etc/passwd 4=/etc/passwd 5=socket\n")
        self.assertFalse(alive(program.pid) and tracer(program.pid))


if __name__ == "__main__":
    unittest.main()
