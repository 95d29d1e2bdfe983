# SPDX-License-Identifier: Apache-2.0
"""Seccomp profiles as they are in use: Docker's and Podman's, which answer an error, and systemd's @system-service, here
with the kill that SystemCallErrorNumber= would soften. A program does under the shim what it does without; and what the
shim itself calls, all such profiles allow."""
import json
import os
import pathlib
import re
import subprocess
import unittest

from support import NOBODY, SHIM, FaultTest, need, probe, run

RUNTIME = "/usr/share/containers/seccomp.json"  # what Podman, Buildah and CRI-O take, from golang-github-containers-common
# What Docker's allows on x86-64 to a container without capabilities. Beyond it: EPERM, and ENOSYS to clone3.
MOBY = pathlib.Path(__file__).with_name("moby.allow")
SOURCE = pathlib.Path(__file__).parents[2] / "shim"

# Every system call that the shim makes itself, whatever the program does: on its own account, or in another's place.
OWN = set("""clone close connect exit_group faccessat fcntl fstat futex getdents64 geteuid getpeername getpid getppid
             getsockname getsockopt gettid ioctl kill lseek madvise mmap munmap newfstatat openat poll prctl read readlinkat
             recvmsg rt_sigprocmask setsockopt socket write""".split())
IN_PLACE_OF_OTHERS = {"accept4", "dup3", "epoll_create1", "eventfd2", "fcntl", "inotify_init1", "ioctl", "openat", "pipe2",
                      "signalfd4"}
# What counts lines in the preset coverage makes its file by these.
COUNTERS = {"fchmod", "ftruncate"} if os.environ["COVERAGE"] else set()
# Other architectures' names for the same, and where there is no poll.
ELSEWHERE = {"_llseek", "fstat64", "geteuid32", "fcntl64", "ppoll", "mmap2", "fstatat64"}


def system_service():
    """The names in systemd's @system-service."""
    def members(group):
        listed = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
        names = [line.strip() for line in listed.stdout.splitlines()[1:] if line.strip() and "#" not in line]
        return {found for name in names for found in (members(name) if name.startswith("@") else {name})}
    return members("@system-service")


def runtime_allows():
    return {name for entry in json.loads(pathlib.Path(RUNTIME).read_text())["syscalls"]
            if entry["action"] == "SCMP_ACT_ALLOW" and not entry["includes"] for name in entry["names"]}


class Profiles(FaultTest):
    def profiles(self):
        """What runs a command under each."""
        names = self.folder / "system-service"
        names.write_text("\n".join(system_service()))
        contain = probe("contain")
        yield "runtime", [contain, RUNTIME, "default", "--"]
        yield "moby", [contain, MOBY, "EPERM", "--", probe("deny"), "ENOSYS", "clone3", "--"]
        yield "systemd", [contain, names, "kill", "--"]

    def expect_same_under(self, profile, command, variables=None, least=0):
        """The shim is preloaded into the program alone: the profile is what the program finds."""
        bare = run([*profile, *command])
        preloaded = [f"{name}={value}" for name, value in {"LD_PRELOAD": SHIM, **(variables or {})}.items()]
        shimmed = run([*profile, "env", *preloaded, *command])
        self.assertEqual(bare.returncode, 0, bare.stdout + bare.stderr)
        self.assertEqual(shimmed.returncode, 0, shimmed.stdout + shimmed.stderr)
        self.assertEqual(shimmed.stderr, bare.stderr)
        self.assertGreaterEqual(bare.stdout.count("cloexec=0"), least)
        return bare.stdout, shimmed.stdout

    def test_every_creating_call(self):
        for name, profile in self.profiles():
            for options in (["--times", "2"], ["--fork", "--times", "2"]):
                with self.subTest(profile=name, options=options):
                    bare, shimmed = self.expect_same_under(profile, [probe("sandbox_probe"), *options],
                                                           {"CLOEXEC_PROFILE": "strict"}, least=70)
                    self.assertEqual(shimmed, bare.replace("cloexec=0", "cloexec=1"))

    def test_a_program_is_given_what_a_rule_exempts(self):
        """From one thread, from several (by a thread without CLONE_FILES), and by posix_spawn."""
        for name, profile in self.profiles():
            for way in ("execv", "execvp", "posix_spawn"):
                for verbs in (["open"], ["open", "second-thread"]):
                    with self.subTest(profile=name, way=way, verbs=verbs):
                        bare, given = self.expect_same_under(
                            profile, [probe("policy_probe"), *verbs, f"start:{way}={probe('arrived')}"],
                            {"CLOEXEC_POLICY": "exempt exec"})
                        self.assertEqual((bare, given), ("open 3 0\narrived 3\n", "open 3 1\narrived 3\n"))

    def test_an_audit_s_library(self):
        for name, profile in self.profiles():
            with self.subTest(name):
                bare = run([*profile, probe("sandbox_probe")])
                audited = run([*profile, "env", f"LD_PRELOAD={probe('audit_shim')}", "CLOEXEC_MODE=observe",
                               probe("sandbox_probe")])
                self.assertEqual((audited.returncode, audited.stdout), (0, bare.stdout))

    def test_what_the_shim_calls_is_what_is_listed_here(self):
        named = {name for path in SOURCE.rglob("*") if path.suffix in (".cpp", ".h") for name in
                 re.findall(r"__NR_(\w+)", path.read_text())}
        # It is libc's clone that it calls, and libc's fcntl and ioctl in most places.
        self.assertEqual(named - ELSEWHERE, OWN - {"clone"})

    def test_what_the_shim_calls_is_allowed(self):
        for name, allowed in (("runtime", runtime_allows()), ("moby", set(MOBY.read_text().split())),
                              ("systemd", system_service())):
            # A name without a number of its own on this architecture does not count.
            self.assertEqual((OWN | IN_PLACE_OF_OTHERS) - allowed, set(), name)

    def traced(self, command, **variables):
        trace = self.folder / "trace"
        preloaded = [word for name, value in variables.items() for word in ("-E", f"{name}={value}")]
        run(["strace", "-f", "-qq", "-e", "signal=none", "-o", trace, *preloaded, *command])
        return set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))

    def test_nothing_else_is_called(self):
        for command, variables in (
                ([probe("sandbox_probe"), "--times", "2"], {"CLOEXEC_PROFILE": "strict"}),
                ([probe("policy_probe"), "open", "second-thread", f"start:execv={probe('arrived')}"],
                 {"CLOEXEC_POLICY": "exempt exec", "CLOEXEC_ALLOW": "x"})):
            with self.subTest(command):
                bare = self.traced(command)
                self.assertGreater(len(bare), 15)
                added = self.traced(command, LD_PRELOAD=SHIM, **variables) - bare
                # The probe's second thread does not always come to its pause.
                self.assertEqual(added - OWN - IN_PLACE_OF_OTHERS - COUNTERS - {"pause"}, set())

    def test_a_profile_that_kills_at_what_the_program_does_not_call(self):
        """docs/limitations.md: dup2 becomes dup3, which this profile has never heard of."""
        names = self.folder / "without-dup3"
        names.write_text("\n".join(system_service() - {"dup3"}))
        command = [probe("contain"), names, "kill", "--", "env", probe("policy_probe"), "dup2:50"]
        self.assertEqual(run(command).stdout, "dup2 50 0\n")
        self.assertEqual(run([*command[:5], f"LD_PRELOAD={SHIM}", *command[5:]]).returncode, -31)  # SIGSYS


class Bubblewrap(FaultTest):
    """User, pid, network and mount namespaces of its own, as flatpak and others start programs."""

    def sandbox(self, *options):
        for name in ("sandbox_probe", "policy_probe", "arrived"):
            self.copied(probe(name), name)
        shim = self.copied(SHIM)
        box = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--dev", "/dev",
               "--ro-bind", self.folder, "/mnt", *options]
        return box, f"/mnt/{shim.name}"

    def each(self):
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        for name, become in (("root", []), ("nobody", user)):
            for proc in (["--proc", "/proc"], ["--tmpfs", "/proc"]):
                for options in ([], ["--uid", "0", "--gid", "0"], ["--cap-drop", "ALL"]):
                    box, shim = self.sandbox(*proc, *options)
                    with self.subTest(user=name, proc=proc, options=options):
                        need(self, *become, *box)
                        yield [*become, *box], ["--setenv", "LD_PRELOAD", shim]

    def test_every_creating_call(self):
        for box, preload in self.each():
            bare = run([*box, "/mnt/sandbox_probe", "--times", "2"])
            shimmed = run([*box, *preload, "--setenv", "CLOEXEC_PROFILE", "strict", "/mnt/sandbox_probe", "--times", "2"])
            self.assertEqual((bare.returncode, shimmed.returncode), (0, 0), bare.stderr + shimmed.stderr)
            self.assertEqual(shimmed.stdout, bare.stdout.replace("cloexec=0", "cloexec=1"))
            self.assertGreater(bare.stdout.count("cloexec=0"), 70)
            self.assertEqual(shimmed.stderr, "")

    def test_a_program_is_given_what_a_rule_exempts(self):
        for box, preload in self.each():
            for verbs in (["open"], ["open", "second-thread"]):
                shimmed = run([*box, *preload, "--setenv", "CLOEXEC_POLICY", "exempt exec", "/mnt/policy_probe", *verbs,
                               "start:execv=/mnt/arrived"])
                self.assertEqual((shimmed.stdout, shimmed.stderr), ("open 3 1\narrived 3\n", ""))

    def test_bwrap_itself_under_the_shim(self):
        box, shim = self.sandbox("--proc", "/proc")
        # It must be found outside and inside.
        copy = f"{self.folder}/{pathlib.Path(shim).name}"
        result = run([*box, "--setenv", "LD_PRELOAD", shim, "/mnt/policy_probe", "open", "start:execv=/mnt/arrived"],
                     {"LD_PRELOAD": copy, "CLOEXEC_PROFILE": "strict"})
        self.assertEqual((result.stdout, result.stderr), ("open 3 1\narrived\n", ""))


if __name__ == "__main__":
    unittest.main()
