#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the policy says of what crossed a machine's execs, where they were, and which of them are asked for."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from support import CLOEXEC, NOBODY, PROBE, WatchTest, arrived, need


TRUE = os.path.realpath("/bin/true")


def classes(exec_):
    return {fd["fd"]: fd["class"] for fd in exec_["fds"]}


class Classes(WatchTest):
    def last(self, *words, options=(), variables=None):
        """What is said of the last program that this starts."""
        with self.watch(*options, variables=variables) as found:
            self.probe(*words)
        return found[0].of(PROBE, "arrived")[-1]

    def test_what_leaks(self):
        for words in (["fork", "start", "end"], ["vfork", "start", "end"], ["spawn"], ["clone:files", "start", "end"],
                      ["fork", "fork", "start", "end", "end"], ["thread", "fork", "start", "end", "end"]):
            self.assertEqual(classes(self.last("open", *words)), {3: "leak"}, words)

    def test_a_thread_that_execs(self):
        """Who takes its process's place is still known by its program."""
        for words, what in ((["fork", "thread", "start", "end", "end"], "leak"), (["thread", "start", "end"], "exempt")):
            fd = self.last("open", *words)["fds"][0]
            self.assertEqual((fd["class"], fd["created"]["program"]), (what, PROBE), words)

    def test_who_made_it(self):
        self.assertEqual(self.last("open", "fork", "start", "end")["fds"][0]["created"]["program"], PROBE)

    def test_its_own(self):
        """Made between fork and exec, or by who execs without a fork."""
        self.assertEqual(classes(self.last("open", "fork", "at:9", "start", "end")), {3: "leak", 9: "exempt"})
        self.assertEqual(classes(self.last("open", "start")), {3: "exempt"})
        # The same number, another file; the parent has closed what it had there, or not.
        self.assertEqual(classes(self.last("open", "fork", "close:3", "path:/etc/hostname", "start", "end")), {3: "exempt"})
        self.assertEqual(classes(self.last("open", "leave", "sleep:50", "close:3", "path:/etc/hostname", "start", "end", "close:3", "sleep:200")),
                         {3: "exempt"})
        # As it was, though the parent has closed it.
        self.assertEqual(classes(self.last("open", "leave", "sleep:50", "start", "end", "close:3", "sleep:200")), {3: "leak"})

    def test_strict_exempts_nothing(self):
        self.assertEqual(classes(self.last("open", "fork", "at:9", "start", "end", options=["--profile", "strict"])), {3: "leak", 9: "leak"})
        self.assertEqual(classes(self.last("open:2", "fork", "start", "end", options=["--allow", "4"])), {3: "leak", 4: "exempt"})
        self.assertEqual(classes(self.last("open", "fork", "start", "end", options=["--rule", "exempt open path=/etc/passwd"])), {3: "exempt"})

    def test_what_is_told(self):
        told = self.last("open:2", "fork", "start:--status-fd 4", "end")
        self.assertEqual(classes(told), {3: "leak", 4: "exempt"})
        self.assertEqual(told["fds"][1]["announced_by"], "--status-fd 4")
        self.assertEqual(classes(self.last("open:2", "setenv:STATUS_FD=3", "fork", "start", "end")), {3: "exempt", 4: "leak"})
        # What it was started with itself tells nothing.
        self.assertEqual(classes(self.last("open:2", "fork", "start", "end", variables={"STATUS_FD": "3"})), {3: "leak", 4: "leak"})

    def test_what_was_cleared(self):
        self.assertEqual(classes(self.last("marked", "fork", "clear:3", "start", "end")), {3: "explicit"})

    def test_what_was_handed_on(self):
        """It is still what it was when it first crossed."""
        with self.watch() as found:
            self.probe("open", "fork", "at:9", f"start={PROBE}:fork start end", "end")
        self.assertEqual(classes(found[0].of(PROBE, "arrived")[-1]), {3: "leak", 9: "exempt"})

    def test_what_was_there_before(self):
        """Of a program that runs already: what its starter has, too, is not its own."""
        given = os.open("/etc/group", os.O_RDONLY)
        os.set_inheritable(given, True)
        self.addCleanup(os.close, given)
        process = self.start([PROBE, "open", "sleep:4000", "fork", "start", "end", "sleep:100"], pass_fds=[given])
        self.wait_for(lambda: len(os.listdir(f"/proc/{process.pid}/fd")) == 5, "its start")
        with self.watch() as found:
            self.assertEqual(process.wait(60), 0)
        said = classes(found[0].of(PROBE, "arrived")[-1])
        self.assertEqual({fd: what for fd, what in said.items() if fd != given}, {3 if given != 3 else 4: "leak"})
        self.assertEqual(said[given], "foreign")

    def test_what_they_are(self):
        """As `cloexec ps` has it."""
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        local, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        local.bind(str(self.folder / "local"))
        local.listen()
        abstract.bind("\0cloexec-watch-test")
        six = socket.create_server(("::1", 0), family=socket.AF_INET6)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        removed = open(self.folder / "removed", "w", encoding="utf-8")
        os.unlink(self.folder / "removed")
        others = [os.memfd_create("memory", 0), os.eventfd(0, 0), *os.pipe(), os.open(self.folder, os.O_RDONLY), os.open("/dev/null", os.O_RDONLY),
                  os.open("/", os.O_RDONLY), os.open("/proc/self/ns/net", os.O_RDONLY)]
        things = [server, client, local, abstract, six, udp, removed]
        fds = [one.fileno() for one in things] + others
        self.addCleanup(lambda: [one.close() for one in things])
        self.addCleanup(lambda: [os.close(fd) for fd in others])
        with self.watch() as found:
            process = self.start(["sleep", "60"], pass_fds=fds)
            self.wait_for(lambda: os.readlink(f"/proc/{process.pid}/exe").endswith("sleep"), "its start")
            listed = json.loads(self.run_command([CLOEXEC, "ps", "--json", process.pid]).stdout)["processes"][0]["fds"]
        seen = found[0].of("/usr/bin/sleep", "60")[-1]["fds"]
        # The ends of pipes are not looked for; the kernel has the name of a namespace's kind elsewhere.
        def plain(fd):
            target = fd["target"].partition(" read end")[0].partition(" write end")[0].partition(" both ends")[0]
            return fd["fd"], target.replace("net:[", "namespace:[")
        self.assertEqual([plain(fd) for fd in seen], [plain(fd) for fd in listed])
        # These two are inheritable by themselves.
        self.assertEqual({fd["fd"] for fd in seen if fd["class"] == "leak"}, set(others[:2]))
        self.assertEqual({fd["class"] for fd in seen}, {"explicit", "leak"})


class Which(WatchTest):
    def test_a_process_and_what_it_starts(self):
        process = self.start([PROBE, "open", "sleep:2500", "fork", "fork", "start", "end", "thread", "start", "end", "end", "sleep:100"])
        with self.watch("--pid", process.pid) as found:
            self.probe("open", "fork", "start", "end")
            self.assertEqual(process.wait(60), 0)
        self.assertEqual([arrived(one) for one in found[0].execs], [["3=/etc/passwd"]] * 2)

    def test_what_it_starts_meanwhile(self):
        """Also what is forked while the watch begins, and execs when it has begun."""
        script = """
import os, sys, time
for number in range(500):
    if os.fork() == 0:
        while not os.path.exists(sys.argv[1]): time.sleep(0.05)
        os.execv(sys.argv[2], [sys.argv[2], str(number)])
    time.sleep(0.002)
    if os.path.exists(sys.argv[1]): break
print(number + 1, flush=True)
while number >= 0: number -= os.wait()[0] > 0
"""
        begun = self.folder / "begun"
        process = self.start([sys.executable, "-c", script, begun, TRUE], stdout=subprocess.PIPE, text=True)
        with self.watch("--pid", process.pid) as found:
            begun.touch()
            started = int(process.communicate(timeout=60)[0])
        self.assertEqual(len(found[0].of(TRUE)), started)

    def test_a_unit(self):
        """As systemd would make it: a control group."""
        groups = pathlib.Path("/sys/fs/cgroup/unified" if pathlib.Path("/sys/fs/cgroup/unified").exists() else "/sys/fs/cgroup")
        group = groups / "cloexec-test.slice" / "cloexec-test.service"
        try:
            group.mkdir(parents=True)
        except OSError as error:
            self.skipTest(f"no control group can be made: {error}")
        self.addCleanup(group.parent.rmdir)
        self.addCleanup(self.remove_group, group)
        with self.watch("--unit", "cloexec-test") as found:
            self.probe("open", "fork", "start", "end")
            self.run_command(["sh", "-c", f"echo $$ >{group}/cgroup.procs && exec {PROBE} open fork start end"])
        self.assertEqual([(pathlib.Path(one["program"]).name, one["unit"], one["user"]) for one in found[0].execs],
                         [(pathlib.Path(PROBE).name, "cloexec-test.service", "root")] * 2)

    def remove_group(self, group):
        self.wait_for(lambda: not (group / "cgroup.procs").read_text(), "the end of its processes")
        group.rmdir()

    def test_a_while(self):
        begin = time.monotonic()
        result = self.run_command([CLOEXEC, "audit", "--system", "--for", "0.5"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)

    def test_signals_end_it(self):
        for number in (signal.SIGINT, signal.SIGHUP):
            with self.watch() as found:
                self.probe("open", "fork", "start", "end")
                found[0].send_signal(number)
                found[0].wait(60)
            self.assertEqual((found[0].status, len(found[0].of(PROBE, "arrived"))), (0, 1))


class Containers(WatchTest):
    def test_another_root(self):
        """Paths are the process's own; what is elsewhere is said to be."""
        need(self, "unshare", "--mount")
        root = self.folder / "root"
        (root / "etc").mkdir(parents=True)
        (root / "etc/passwd").write_text("")
        shutil.copy(PROBE, root / "probe")
        script = f"mount --bind {root} {root} && exec chroot {root} /probe open fork start=/probe:arrived end 7</etc/hostname"
        with self.watch() as found:
            self.run_command(["unshare", "-m", "sh", "-c", script])
        said = found[0].of("/probe", "arrived")[-1]
        self.assertEqual([fd["target"] for fd in said["fds"]], ["/etc/passwd", "(unreachable)/etc/hostname"])

    def test_crun(self):
        if shutil.which("crun") is None:
            self.skipTest("crun is not installed")
        need(self, "unshare", "--mount")
        for folder in ("proc", "dev", "etc"):
            (self.folder / "rootfs" / folder).mkdir(parents=True)
        shutil.copy(PROBE, self.folder / "rootfs" / "probe")
        (self.folder / "rootfs" / "etc" / "passwd").write_text("")
        (self.folder / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.0", "root": {"path": "rootfs"},
            "process": {"cwd": "/", "args": ["/probe", "open:2", "socket", "fork", "start", "end"], "env": [],
                        "user": {"uid": NOBODY, "gid": NOBODY}, "capabilities": {}, "noNewPrivileges": True},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "cgroup")],
                      "cgroupsPath": "/" + "0123456789abcdef" * 4}}))
        # It knows no machine that has the older cgroups, too.
        unified = ["unshare", "-m", "sh", "-c", 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"', "sh"]
        with self.watch() as found:
            result = self.run_command([*unified, "crun", f"--root={self.folder}/state", "--cgroup-manager=cgroupfs", "run",
                                       f"--bundle={self.folder}", "probe"])
            self.assertEqual((result.returncode, result.stdout), (0, "arrived 3=/etc/passwd 4=/etc/passwd 5=socket\n"), result.stderr)
        said = found[0].of("/probe", "arrived")[-1]
        self.assertEqual(arrived(said), ["3=/etc/passwd", "4=/etc/passwd", "5=socket"])
        self.assertEqual((said["container"], said["user"], set(classes(said).values())), ("0123456789ab", "nobody", {"leak"}))


class Forms(WatchTest):
    def test_formats_and_baseline(self):
        baseline = self.folder / "baseline.json"
        with self.watch("--write-baseline", baseline, "--fail-on-leak") as found:
            self.probe("open", "fork", "start", "end")
        self.assertEqual(found[0].status, 3)
        # Other programs of this machine may leak meanwhile.
        with self.watch("--baseline", baseline) as found:
            self.probe("open", "fork", "start", "end")
        self.assertEqual(classes(found[0].of(PROBE, "arrived")[-1]), {3: "exempt"})
        for form, word in (("text", "/etc/passwd"), ("html", "Leaked"), ("sarif", '"results"'), ("junit", "<testsuite")):
            output = self.folder / form
            process = self.start([CLOEXEC, "audit", "--system", "--format", form, "-o", output], stderr=subprocess.PIPE)
            self.assertIn("watching", process.stderr.readline())
            self.probe("open", "fork", "start", "end")
            process.send_signal(signal.SIGINT)
            process.stderr.read()
            process.stderr.close()
            self.assertEqual(process.wait(60), 0)
            self.assertIn(word, output.read_text())


class Refusals(WatchTest):
    def refused(self, *command, saying):
        result = self.run_command(command)
        self.assertEqual(result.returncode, 125, result.stderr)
        self.assertIn(saying, result.stderr)
        self.assertEqual(result.stdout, "")

    def test_options(self):
        for words, saying in ((["--system", "true"], "starts no PROGRAM"), (["--for", "1", "true"], "--for goes with --system alone"),
                              (["--unit", "a", "true"], "--unit goes with --system alone"), ([], "PROGRAM is required"),
                              (["--system", "--enforce"], "--enforce does not go with --system"), (["--system", "--for", "-1"], "--for"),
                              *((["--system", "--for", time], "--for: a number of seconds from 0.001 to 31536000 is expected") for time in ("0", "nan", "1e300")),
                              (["--system", "--unit", ""], "--unit: names nothing"), (["--system", "--pid", "0"], "--pid: Value 0 not in range"),
                              (["--system", "--pid", "999999999"], "no process 999999999")):
            self.refused(CLOEXEC, "audit", *words, saying=saying)

    def test_an_ordinary_user(self):
        self.refused("setpriv", f"--reuid={NOBODY}", "--clear-groups", CLOEXEC, "audit", "--system", "--for", "1", saying="it takes root")

    def test_without_types(self):
        need(self, "unshare", "--mount")
        self.refused("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh", CLOEXEC, "audit", "--system",
                     "--for", "1", saying="CONFIG_DEBUG_INFO_BTF")

    def test_other_numbers(self):
        need(self, "unshare", "--pid", "--fork", "--mount-proc")
        self.refused("unshare", "--pid", "--fork", "--mount-proc", CLOEXEC, "audit", "--system", "--for", "1", saying="--pid=host")

    def test_locked_down(self):
        """The file is where securityfs has it, where there is one; what the kernel itself says is tried in old_kernel.py."""
        if not pathlib.Path("/sys/kernel/security").exists():
            self.skipTest("this kernel has no securityfs")
        need(self, "unshare", "--mount")
        script = ('mount -t tmpfs none /sys/kernel/security && echo "none integrity [confidentiality]" >/sys/kernel/security/lockdown && '
                  'exec "$@"')
        self.refused("unshare", "-m", "sh", "-c", script, "sh", CLOEXEC, "audit", "--system", "--for", "1", saying="locked down")

    def test_where_bpf_is_refused(self):
        self.refused(os.environ["DENY"], "EPERM", "bpf", "--", CLOEXEC, "audit", "--system", "--for", "1", saying="inside a container")


if __name__ == "__main__":
    unittest.main()
