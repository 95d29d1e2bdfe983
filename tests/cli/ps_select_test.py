#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which processes `cloexec ps` shows: by unit, name, user and tree; what may not be read; thresholds for monitoring."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from host import Host, put_into_group
from support import CLOEXEC, PATH, CommandTest

NOBODY = 65534
STRANGER = 64837  # who has no other process
COMM = os.path.basename(sys.executable)[:15]


class PsSelect(CommandTest):
    def pids(self, *arguments, status=0):
        result = self.cloexec("ps", *arguments, "--json")
        self.expect(result, status)
        return [process["pid"] for process in json.loads(result.stdout)["processes"]]

    def expect_refusal(self, what, *arguments):
        self.expect(self.cloexec("ps", *arguments), 125, "", f"cloexec: {what}\n  try `cloexec ps --help`\n")

    def in_group(self, group, code=""):
        host = Host(self, code)
        remove = put_into_group(self, host.pid, group)
        self.addCleanup(remove)
        self.addCleanup(host.end)  # first: a group with a process cannot be removed
        return host

    def unit_of(self, host):
        (process,) = json.loads(self.cloexec("ps", str(host.pid), "--json").stdout)["processes"]
        return process["unit"], process.get("user_unit")

    def test_units_are_those_of_the_control_group(self):
        slice = f"cloexectest{os.getpid()}.slice"
        for group, units in {
                "first.service": ("first.service", None),
                "first-second.slice/second.service/inner/most": ("second.service", None),
                "user-7.slice/session-4.scope": ("session-4.scope", None),
                "user-7.slice/user@7.service/app.slice/own.service": ("user@7.service", "own.service"),
                "user-7.slice/user@7.service/init.scope": ("user@7.service", "init.scope"),
                "machine.slice/systemd-nspawn@one.service/payload/system.slice/inner.service": ("systemd-nspawn@one.service", None),
                "_cpu.service": ("cpu.service", None),
                "docker-0123abcd.scope": ("docker-0123abcd.scope", None),
                "with:colon.service": ("with:colon.service", None),
                "no unit": (None, None),
                ".service": (None, None),
                "inner.slice": (None, None)}.items():
            with self.subTest(group):
                self.assertEqual(self.unit_of(self.in_group(f"{slice}/{group}")), units)

    def test_units_from_a_namespace_of_control_groups(self):
        """There the paths of what lies beside begin with "..": the last one waits for its group, and then asks."""
        if os.geteuid() != 0:
            self.skipTest("only root can make a namespace of control groups")
        slice = f"cloexectest{os.getpid()}.slice"
        host = self.in_group(f"{slice}/beside.service")
        asking = subprocess.Popen(["sh", "-c", 'read -r line; exec unshare --cgroup "$0" ps "$1" --json', CLOEXEC, str(host.pid)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        remove = put_into_group(self, asking.pid, f"{slice}/asking.service/below")
        answer = asking.communicate("\n")[0]
        remove()
        self.assertEqual(json.loads(answer)["processes"][0]["unit"], "beside.service")

    def test_by_unit(self):
        slice = f"cloexectest{os.getpid()}.slice"
        one = self.in_group(f"{slice}/cloexec-one.service")
        other = self.in_group(f"{slice}/cloexec-other.scope")
        own = self.in_group(f"{slice}/user@7.service/app.slice/cloexec-own.service")
        both = sorted([one.pid, other.pid])
        for globs, pids in {"cloexec-one.service": [one.pid], "cloexec-one": [one.pid], "cloexec-other": None,
                            "cloexec-o[nt]*": sorted([*both]), "cloexec-one,cloexec-other.scope": both,
                            "cloexec-own": [own.pid], "user@7.service": [own.pid]}.items():
            with self.subTest(globs):
                result = self.cloexec("ps", "--unit", globs, "--json")
                self.expect(result, 0, errors="" if pids else "cloexec: no process is what was asked for\n")
                self.assertEqual([process["pid"] for process in json.loads(result.stdout)["processes"]], pids or [])
        text = self.cloexec("ps", "--unit", "cloexec-one").stdout
        self.assertRegex(text, rf"\n{COMM}\[{one.pid}\] .*, without the shim\n  cloexec-one.service, user \S+\n  nothing inheritable\n$")
        text = self.cloexec("ps", "--unit", "cloexec-one", "--tree").stdout
        self.assertRegex(text, rf"\n *{one.pid}  \w+ +cloexec-one.service  none +0  {COMM}\n")

    def test_by_name(self):
        program = self.folder / "a-name-of-more-than-fifteen-bytes"
        shutil.copy("/bin/sleep", program)
        sleeper = subprocess.Popen([program, "1000"])
        renamed = subprocess.Popen(["another-name", "1000"], executable="/bin/sleep")
        titled = Host(self, 'libc.prctl(15, b"a-title", 0, 0, 0)  # PR_SET_NAME')
        for process in sleeper, renamed:
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        for globs, pids in {program.name: [sleeper.pid], str(program): [sleeper.pid], f"{self.folder}/*": [sleeper.pid],
                            "another-n*": [renamed.pid], "a-title": [titled.pid],
                            f"{program.name},a-title": sorted([sleeper.pid, titled.pid]), "a-name": []}.items():
            self.assertEqual(self.pids("--name", globs), pids, globs)
        self.assertIn(titled.pid, self.pids("--name", os.path.basename(os.path.realpath(sys.executable))))
        program.unlink()
        self.assertEqual(self.pids("--name", str(program)), [sleeper.pid], "what was replaced has its name still")

    def test_by_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        others = Host(self, "", user=NOBODY, group=NOBODY, executable="/usr/bin/python3")
        effective = Host(self, f"libc.setresuid(0, {NOBODY}, 0)")
        host = Host(self, "")
        for user in ("nobody", str(NOBODY)):
            pids = self.pids("--user", user)
            self.assertLessEqual({others.pid, effective.pid}, set(pids))
            self.assertNotIn(host.pid, pids)
        self.assertEqual(self.pids("--user", "4000000000"), [])
        self.expect_refusal("there is no user 'no-such-user' here; a number is taken as it is", "--user", "no-such-user")
        self.assertEqual(self.pids("--user", "nobody", "--name", "nothing-of-that-name"), [])

    def test_conditions_are_for_all_processes(self):
        self.expect_refusal("--unit, --name and --user choose among all processes: leave the PIDs out, or them",
                            "1", "--name", "x")
        for option in ("--unit", "--name", "--user"):
            self.expect_refusal(f"{option}: names nothing", option, "")
        self.expect_refusal("--tree is text: leave --format out, or it", "--tree", "--format", "json")
        self.expect_refusal("--json is --format json, not --format text", "--json", "--format", "text")

    def test_leaves_itself_out(self):
        command = self.folder / f"cloexec-{os.getpid()}"
        shutil.copy(CLOEXEC, command)
        result = self.cloexec("ps", "--name", command.name, "--json", command=command)
        self.expect(result, 0, errors="cloexec: no process is what was asked for\n")
        result = self.cloexec("-c", 'exec "$0" ps $$', command, command="/bin/sh")
        self.expect(result, 0, errors="")
        self.assertIn(" in 0 of 1 process;", result.stdout)

    def family(self):
        return Host(self, """
def start(code):
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        exec(code)
        os.write(writing, str(os.getpid()).encode())
        sys.stdin.read()
        os._exit(0)
    os.read(reading, 20)
    return child
kept["one"] = start("keep('event', os.eventfd(0)); start('pass')")
kept["two"] = start("pass")
""")

    def test_tree(self):
        host = self.family()
        one, two = host.fds["one"], host.fds["two"]
        result = self.cloexec("ps", "--tree", str(host.pid))
        self.expect(result, 0, errors="")
        lines = [line.split(None, 5) for line in result.stdout.split("\n\n")[1].splitlines()]
        self.assertEqual(lines[0], ["PID", "USER", "UNIT", "SHIM", "FDS", "PROGRAM"])
        (grandchild,) = {int(line[0]) for line in lines[1:]} - {host.pid, one, two}
        self.assertEqual([(int(line[0]), line[4], line[5]) for line in lines[1:]],
                         [(host.pid, "0", COMM), (one, "1", "\\_ " + COMM), (grandchild, "1", "\\_ " + COMM),
                          (two, "0", "\\_ " + COMM)])
        depths = [len(line) - len(line.split("\\_")[-1]) for line in result.stdout.splitlines()[-3:]]
        self.assertEqual((depths[0] < depths[1], depths[0] == depths[2]), (True, True))
        # Of all processes, too, and below those that are above.
        text = self.cloexec("ps", "--tree").stdout
        shown = [int(line.split()[0]) for line in text.split("\n\n")[1].splitlines()[1:]]
        self.assertLess(shown.index(os.getpid()), shown.index(host.pid))
        start = shown.index(host.pid)
        self.assertEqual(shown[start:start + 4], [host.pid, one, grandchild, two])

    def test_a_deep_tree(self):
        host = Host(self, """
reading, writing = os.pipe()
if os.fork() == 0:
    for _ in range(60):
        if os.fork() != 0:
            sys.stdin.read()
            os._exit(0)
    os.write(writing, b"x")
    sys.stdin.read()
    os._exit(0)
os.read(reading, 1)
""")
        self.assertEqual(self.cloexec("ps", "--tree", str(host.pid)).stdout.count(COMM + "\n"), 62)

    def test_threshold(self):
        few = Host(self, "keep('event', os.eventfd(0))")
        many = Host(self, "for i in range(5): keep(str(i), os.eventfd(0))")
        both = str(few.pid), str(many.pid)
        self.expect(self.cloexec("ps", *both, "--fail-above", "5"), 0, errors="")
        name = lambda host, count: rf"cloexec: {COMM}\[{host.pid}\]( of \S+)? has {count}, more than "
        result = self.cloexec("ps", *both, "--fail-above", "4", "-o", "/dev/null")
        self.expect(result, 3, "")
        self.assertRegex(result.stderr, "^" + name(many, "5 inheritable descriptors") + r"4\n$")
        result = self.cloexec("ps", *both, "--fail-above", "0", "--json")
        self.expect(result, 3)
        self.assertEqual(len(json.loads(result.stdout)["processes"]), 2)
        self.assertRegex(result.stderr, "^" + name(many, "5 inheritable descriptors") + r"0\n"
                         + name(few, "1 inheritable descriptor") + r"0\n$")
        for wrong in ("-1", "x", "1.5"):
            result = self.cloexec("ps", "--fail-above", wrong)
            self.expect(result, 125, "")
            self.assertIn("--fail-above", result.stderr)

    def test_thresholds_name_the_worst(self):
        pids = [Host(self, f"for i in range({count}): keep(str(i), os.eventfd(0))").pid for count in range(1, 13)]
        result = self.cloexec("ps", *map(str, pids), "--fail-above", "0")
        self.expect(result, 3)
        lines = result.stderr.splitlines()
        self.assertEqual([int(re.search(r"has (\d+)", line)[1]) for line in lines[:-1]], list(range(12, 2, -1)))
        self.assertEqual(lines[-1], "cloexec: 2 processes more have more than 0")

    def test_what_is_not_there_is_not_well(self):
        result = self.cloexec("ps", "--name", "nothing-of-that-name", "--fail-above", "0")
        self.expect(result, 4, "0 inheritable descriptors in 0 of 0 processes; the shim is in 0\n",
                    "cloexec: no process is what was asked for\n")
        self.expect(self.cloexec("ps", "4194305", "--fail-above", "0"), 125, "")

    def as_stranger(self, *arguments, behind=()):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        command = self.folder / "cloexec"
        if not command.exists():
            shutil.copy(CLOEXEC, command)
        self.folder.chmod(0o755)
        become = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
        return subprocess.run([*behind, *become, command, "ps", *arguments], env={"PATH": PATH}, capture_output=True, text=True,
                              timeout=60)

    def test_what_may_not_be_read_is_named(self):
        host = self.in_group(f"cloexectest{os.getpid()}.slice/cloexec-closed.service", "keep('event', os.eventfd(0))")
        result = self.as_stranger("--unit", "cloexec-closed", "--json")
        self.expect(result, 0, errors="")
        report = json.loads(result.stdout)
        self.assertEqual((report["processes"], report["hidden"]), ([], False))
        self.assertEqual(report["unreadable"], [{"pid": host.pid, "ppid": os.getpid(), "comm": COMM, "exe": "", "uid": 0,
                                                 "user": "root", "unit": "cloexec-closed.service"}])
        result = self.as_stranger("--unit", "cloexec-closed", "--fail-above", "0")
        self.expect(result, 4, "0 inheritable descriptors in 0 of 0 processes; the shim is in 0\n"
                    "1 more may not be read by this user\n",
                    "cloexec: 1 process may not be read: nothing is known of their descriptors\n")
        self.assertRegex(self.as_stranger("--unit", "cloexec-closed", "--tree").stdout,
                         rf"\n *{host.pid}  root  cloexec-closed.service  \?        \?  {COMM}\n")
        metrics = self.as_stranger("--unit", "cloexec-closed", "--format", "prometheus").stdout
        of = f'unit="cloexec-closed.service",program="{COMM}"'
        self.assertIn(f'\ncloexec_processes{{{of},state="unreadable",mode=""}} 1\n', metrics)
        self.assertNotIn("cloexec_inheritable_descriptors{", metrics)
        # What another asked for is not there.
        self.assertEqual(json.loads(self.as_stranger("--unit", "cloexec-other", "--json").stdout)["unreadable"], [])

    def test_processes_that_are_hidden(self):
        mount = ["unshare", "--mount", "sh", "-c", 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"', "sh"]
        if os.geteuid() == 0 and subprocess.run([*mount, "true"], capture_output=True).returncode != 0:
            self.skipTest("no right to mount /proc")
        result = self.as_stranger("--json", behind=mount)
        self.expect(result, 0, errors="cloexec: no process is what was asked for\n")
        self.assertEqual(json.loads(result.stdout), {"version": 1, "processes": [], "unreadable": [], "hidden": True})
        hidden = "processes of others are hidden here: see hidepid= in proc(5)\n"
        result = self.as_stranger("--fail-above", "0", behind=mount)
        self.expect(result, 4, "0 inheritable descriptors in 0 of 0 processes; the shim is in 0\n" + hidden)
        self.assertTrue(result.stderr.endswith(f"cloexec: {hidden}"), result.stderr)
        self.assertIn("\ncloexec_hidden_processes 1\n", self.as_stranger("--format", "prometheus", behind=mount).stdout)
        # Where they are there and may not be entered, each counts.
        mount[4] = mount[4].replace("invisible", "noaccess")
        host = Host(self, "")
        result = self.as_stranger("--json", behind=mount)
        self.expect(result, 0, errors="")
        self.assertIn({"pid": host.pid}, json.loads(result.stdout)["unreadable"])


if __name__ == "__main__":
    unittest.main()
