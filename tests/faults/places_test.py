# SPDX-License-Identifier: Apache-2.0
"""Places where something is missing that is always there: /proc, /dev, the working directory, the program's own file, the
standard streams."""
import itertools
import os
import pathlib
import re
import subprocess
import unittest

from support import CLOEXEC, NOBODY, PATH, SHIM, FaultTest, probe, run

PROC = {
    "read-only": "mount --bind /proc /proc; mount -o remount,bind,ro /proc",
    "empty": "mount -t tmpfs tmpfs /proc",
    "unmounted": "umount --lazy /proc",
    "hiding others' processes": "mount -t proc -o hidepid=invisible proc /proc",
    "with processes alone": "mount -t proc -o subset=pid proc /proc",
}
VERDICT = "cloexec: Nothing leaked: no descriptor above 2 crossed an exec.\n"
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


class Proc(FaultTest):
    def test_every_creating_call(self):
        for name, script in PROC.items():
            for user, become in (("root", []), ("nobody", AS_NOBODY)):
                with self.subTest(proc=name, user=user):
                    command = self.broken(script, *become, self.copied(probe("sandbox_probe")), "--times", "2")
                    output = self.expect_same(command, least=70, shim=self.copied(SHIM))
                    self.assertNotIn("cloexec=0", output)

    def test_a_program_is_given_what_a_rule_exempts(self):
        for name, script in PROC.items():
            for way in ("execv", "posix_spawn", "execvp"):
                for verbs in (["open"], ["open", "second-thread"], ["fork", "open"]):
                    with self.subTest(proc=name, way=way, verbs=verbs):
                        ends = ["end"] if verbs[0] == "fork" else []
                        command = [probe("policy_probe"), *verbs, f"start:{way}={probe('arrived')}", *ends]
                        for policy, given in (("exempt exec", "arrived 3"), ("", "arrived")):
                            result = run(self.broken(script + f"\nexport LD_PRELOAD={SHIM} CLOEXEC_PROFILE=strict", *command),
                                         {"CLOEXEC_POLICY": policy})
                            self.assertEqual((result.returncode, result.stdout, result.stderr),
                                             (0, f"open 3 1\n{given}\n", ""))

    def test_a_rule_knows_the_program_all_the_same(self):
        for name, script in PROC.items():
            result = run(self.broken(script, probe("probe"), "open"),
                         {"LD_PRELOAD": SHIM, "CLOEXEC_POLICY": "exempt open program=probe"})
            self.assertEqual((result.stdout, result.stderr), ("open 3 0\n", ""), name)

    def test_the_command(self):
        """It says what is missing, or works; the program's end is its own."""
        for name, script in PROC.items():
            missing = name in ("empty", "unmounted")
            if missing and "address" in os.environ["SANITIZE"]:
                continue  # AddressSanitizer, in the command, itself wants a /proc
            for command in (["run"], ["audit", "--format", "json"]):
                with self.subTest(proc=name, command=command):
                    result = run(self.broken(script, CLOEXEC, *command, "--", "sh", "-c", "exit 7"))
                    if missing:
                        self.assertEqual((result.returncode, result.stdout), (125, ""))
                        self.assertIn("/proc", result.stderr)
                    else:
                        self.assertEqual((result.returncode, result.stderr), (7, ""))
            ps = run(self.broken(script, CLOEXEC, "ps", "--json"))
            self.assertEqual(ps.returncode, 125 if missing else 0, ps.stderr)
            self.assertEqual("/proc" in ps.stderr, missing, ps.stderr)


class Chroot(FaultTest):
    def root(self):
        """The probes, what they are linked with, the shim, and nothing else."""
        root = self.folder / "root"
        files = {name: probe(name) for name in ("sandbox_probe", "policy_probe", "arrived")}
        needed = subprocess.run(["ldd", *files.values()], capture_output=True, text=True, check=True).stdout
        for library in set(re.findall(r"(/\S+) \(0x", needed)):
            (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
            (root / library[1:]).write_bytes(pathlib.Path(library).read_bytes())
            (root / library[1:]).chmod(0o755)
        (root / "tmp").mkdir()
        for name, file in {**files, "libcloexec.so": SHIM}.items():
            copy = root / name
            copy.write_bytes(pathlib.Path(file).read_bytes())
            copy.chmod(0o755)
        return root

    def in_root(self, *words, **variables):
        def enter():
            os.chroot(self.folder / "root")
            os.chdir("/")
        return run(words, variables, preexec_fn=enter)

    def test_without_proc_and_dev(self):
        self.root()
        bare = self.in_root("/sandbox_probe", "--times", "2")
        shimmed = self.in_root("/sandbox_probe", "--times", "2", LD_PRELOAD="/libcloexec.so", CLOEXEC_PROFILE="strict")
        self.assertEqual((bare.returncode, shimmed.returncode), (0, 0))
        self.assertEqual(shimmed.stdout, bare.stdout.replace("cloexec=0", "cloexec=1"))
        self.assertGreater(bare.stdout.count("cloexec=0"), 40)
        self.assertIn("open main errno=ENOENT", bare.stdout)
        self.assertEqual(shimmed.stderr, bare.stderr)

    def test_a_program_is_given_what_a_rule_exempts(self):
        self.root()
        for verbs in (["memfd"], ["memfd", "second-thread"]):
            result = self.in_root("/policy_probe", *verbs, "start:execv=/arrived", LD_PRELOAD="/libcloexec.so",
                                  CLOEXEC_POLICY="exempt exec")
            self.assertEqual((result.stdout, result.stderr), ("memfd 3 1\narrived 3\n", ""))


class Temporary(FaultTest):
    def test_a_file_without_a_name_where_there_is_none_such(self):
        """Of these one lacks O_TMPFILE, one is not to be written to, and one has it."""
        for script, bare in (("mount -t mqueue mqueue /tmp", "tmpfile 3 0\n"),
                             ("mount -t tmpfs -o ro tmpfs /tmp", "tmpfile -1 EROFS\n"),
                             ("mount -t tmpfs tmpfs /tmp", "tmpfile 3 0\n")):
            with self.subTest(script):
                # What lies in /tmp itself is hidden by then.
                copies = f"mount -t tmpfs tmpfs /mnt; cp {probe('policy_probe')} {SHIM} /mnt; {script}"
                shim = f"/mnt/{pathlib.Path(SHIM).name}"
                for preload, expected in (("", bare), (shim, bare.replace("3 0", "3 1"))):
                    result = run(self.broken(f"{copies}; LD_PRELOAD={preload} /mnt/policy_probe tmpfile; ls -A /tmp", "true"))
                    self.assertEqual((result.returncode, result.stdout, result.stderr), (0, expected, ""))


class Gone(FaultTest):
    def test_the_working_directory(self):
        script = f"mkdir {self.folder}/gone; cd {self.folder}/gone; rmdir {self.folder}/gone"
        output = self.expect_same(self.broken(script, probe("sandbox_probe"), "--times", "2"), least=70)
        self.assertNotIn("cloexec=0", output)
        for command, said in ((["run"], ""), (["audit", "-o", f"{self.folder}/report", "--format", "json"], VERDICT)):
            result = run(self.broken(script, CLOEXEC, *command, "--", "sh", "-c", "exit 7"))
            shells = "sh: 0: getcwd() failed: No such file or directory\n"
            self.assertEqual((result.returncode, result.stderr), (7, shells + said))

    def test_the_program_s_own_file(self):
        """As when a package is upgraded: the kernel then calls it "NAME (deleted)"."""
        program = self.copied(probe("policy_probe"), "upgraded")
        script = f"exec 9<{program}; rm {program}"
        for policy, flag in (("exempt open program=upgraded", 0), (f"exempt open program={program}", 0), ("", 1)):
            result = run(self.broken(f"{script}; export LD_PRELOAD={SHIM}", "/proc/self/fd/9", "open", "open"),
                         {"CLOEXEC_POLICY": policy})
            self.assertEqual((result.stdout, result.stderr), (f"open 3 {flag}\nopen 4 {flag}\n", ""), policy)
            self.copied(probe("policy_probe"), "upgraded")

    def test_the_library_s_own_file(self):
        """It is mapped: what it needs later it does not look for."""
        shim = self.copied(SHIM)
        remove = self.copied("/bin/rm")
        words = [probe("policy_probe"), f"start:posix_spawn={remove} {shim}", "open", "second-thread",
                 f"start:execv={probe('arrived')}"]
        result = run(words, {"LD_PRELOAD": str(shim), "CLOEXEC_POLICY": "exempt exec"})
        self.assertFalse(shim.exists())
        self.assertIn("open 3 1\n", result.stdout)
        self.assertTrue(result.stdout.endswith("arrived 3\n"), result.stdout)


class Streams(FaultTest):
    def test_closed_at_the_start(self):
        """What lands on 0 to 2 stays inheritable, all else is forced, and no message goes to what is not a stream."""
        for closed in itertools.chain.from_iterable(itertools.combinations((0, 1, 2), n) for n in range(4)):
            with self.subTest(closed):
                told = {}
                for name, variables in (("bare", {}), ("shimmed", {"LD_PRELOAD": SHIM, "CLOEXEC_PROFILE": "strict",
                                                                   "CLOEXEC_ALLOW": "nonsense"})):
                    report = self.folder / name
                    # By a child that execs: subprocess would put pipes there.
                    child = os.fork()
                    if child == 0:
                        silence = os.open("/dev/null", os.O_RDWR)
                        for number in range(3):
                            os.close(number) if number in closed else os.dup2(silence, number)
                        os.closerange(3, 64)
                        os.execve(probe("closed"), ["closed", report, probe("arrived")], {"PATH": PATH, **variables})
                    self.assertEqual(os.waitpid(child, 0)[1], 0)
                    told[name] = report.read_text().splitlines()
                bare, shimmed = told["bare"], told["shimmed"]
                self.assertEqual(len(bare), 6)
                for before, after in zip(bare[:5], shimmed[:5]):
                    self.assertTrue(before.endswith("cloexec=0"))
                    stays = int(before.split()[1]) <= 2
                    self.assertEqual(after, before if stays else before.replace("cloexec=0", "cloexec=1"))
                self.assertEqual(shimmed[5], "arrived 0 1 2")
                self.assertGreater(len(bare[5]), len(shimmed[5]))

    def test_the_command(self):
        for redirection in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            for command, said in (("run", ""), (f"audit -o {self.folder}/report", VERDICT)):
                result = run(["sh", "-c", f"{CLOEXEC} {command} -- sh -c 'exit 7' {redirection}"])
                heard = "" if "2>&-" in redirection else said
                self.assertEqual((result.returncode, result.stderr), (7, heard), (command, redirection))


if __name__ == "__main__":
    unittest.main()
