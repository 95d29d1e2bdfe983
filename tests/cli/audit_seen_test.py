#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An audit never says "nothing leaked" where it could not look: records without room, programs that the shim cannot
enter, programs of other users."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from support import CLOEXEC, PATH, SHIM, CommandTest, need

DENY = os.environ["DENY"]

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "audit"))

from ring import Ring  # noqa: E402

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
AUDIT_SHIM = os.path.join(os.path.dirname(SHIM), "cloexec", "libcloexec.so")

# Holds so many open, opens and closes one so often, and leaks one into a program.
CHURN = """
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
int main(int count, char **words) {
  const int held = atoi(words[1]), times = atoi(words[2]);
  const struct rlimit limit = {held + 50, held + 50};
  setrlimit(RLIMIT_NOFILE, &limit);
  const int first = open("/dev/null", O_RDONLY);
  for (int i = 0; i < held; ++i) dup(first);
  for (int i = 0; i < times; ++i) close(open("/dev/null", O_RDONLY));
  open("/etc/hostname", O_RDONLY);
  return count > 3 ? 0 : system("/bin/true");
}
"""
# Opens a file, and starts what it is told.
OPENS_AND_STARTS = """
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words) {
  int status = 0;
  open("/etc/hostname", O_RDONLY);
  if (fork() == 0) return execv(words[1], words + 1);
  wait(&status);
  return count < 2 || WEXITSTATUS(status);
}
"""
# Opens a file as C programs do, and starts a program.
LEAK = "import ctypes, os; c = ctypes.CDLL(None); c.open(b'/etc/hostname', 0); os.posix_spawn('/bin/true', ['true'], os.environ)"


def needs_root(test):
    return unittest.skipIf(os.geteuid() != 0, "only root can become another user")(test)


class Seen(CommandTest):
    def setUp(self):
        super().setUp()
        # Where every user can reach it.
        self.folder.chmod(0o755)
        (self.folder / "bin").mkdir()
        (self.folder / "lib" / "cloexec").mkdir(parents=True)
        self.command = self.folder / "bin" / "cloexec"
        shutil.copy(CLOEXEC, self.command)
        shutil.copy(AUDIT_SHIM, self.folder / "lib" / "cloexec")

    def compiled(self, name, source, *options):
        (self.folder / "source.c").write_text(source)
        subprocess.run(["cc", "-O1", "-w", "-o", self.folder / name, self.folder / "source.c", *options], check=True)
        return str(self.folder / name)

    def audit(self, *words, status=None, **variables):
        result = self.cloexec("audit", "--fail-on-leak", "--format", "json", "-o", "report", *words, command=self.command, **variables)
        if status is not None:
            self.expect(result, status)
        return json.loads((self.folder / "report").read_text()), result

    def not_seen(self, words, why, *, obstacle="", program=None):
        """Nothing leaked as far as could be seen: status 4, a line that says why, and no report says "nothing"."""
        words = ["--no-supervise", *words]
        report, result = self.audit(*words, status=4)
        self.assertRegex(result.stderr, r"(?m)^cloexec: No leak was seen, but not everything was seen\. Not seen: .*" + why)
        self.assertEqual(report["summary"]["leaks"], 0)
        unseen = [(one["program"], one.get("obstacle", "")) for one in report["execs"] if not one["shim"]]
        self.assertEqual(report["summary"]["unseen"], len(unseen))
        if program is not None:
            self.assertEqual(unseen, [(program, obstacle)])
        for kind in ("text", "html"):
            told = self.cloexec("audit", "--format", kind, *words, command=self.command).stdout
            self.assertNotIn("Nothing leaked", told)
            self.assertIn("No leak was seen, but not everything was seen", told)
        return report

    def test_no_record_is_lost_however_much_is_open(self):
        churn = self.compiled("churn", CHURN)
        for held, times in ((10, 100_000), (1_000, 100_000), (10_000, 50_000)):
            report, result = self.audit("--", churn, str(held), str(times), status=3)
            self.assertEqual(report["lost"], 0, held)
            # The shell and what it starts, and in both all that is held, what it was made from, and one more.
            self.assertEqual(report["summary"]["leaks"], 2 * (held + 2), held)
            self.assertEqual(result.stderr, f"cloexec: Leaked {2 * (held + 2)} times, 6 distinct: nobody asked for them.\n")

    def test_lost_records(self):
        churn = self.compiled("churn", CHURN)
        report = self.not_seen(["--records", "16", "--", churn, "10", "30000", "starts nothing"], "records were lost.*--records")
        self.assertGreater(report["lost"], 0)
        report, result = self.audit("--records", "16", "--", churn, "10", "30000", status=3)
        self.assertRegex(result.stderr, r"^cloexec: Leaked \d+ times, \d+ distinct: .* Not seen: \d+ records were lost")

    def from_outside(self, words, *, leaks=(), status=3, obstacles=(), **variables):
        """What the shim cannot enter is watched: which descriptors it got, and all that it starts."""
        report, result = self.audit(*words, status=status, **variables)
        self.assertEqual((report["lost"], report["summary"]["unseen"], report.get("unwatched")), (0, 0, None), result.stderr)
        self.assertEqual([(one["program"], one.get("obstacle", "")) for one in report["execs"] if one.get("watched")],
                         [*obstacles])
        self.assertEqual(report["summary"]["watched"], len(obstacles))
        self.assertEqual([(os.path.basename(one["program"]), fd["target"]) for one in report["execs"] for fd in one["fds"]
                          if fd["class"] == "leak"], [*leaks])
        self.assertNotIn("Not seen", result.stderr)
        return report

    def test_what_static_programs_start_is_watched(self):
        static = self.compiled("static", OPENS_AND_STARTS, "-static")
        again = self.compiled("again", "int main(void) { return 0; }", "-static")
        report = self.from_outside(["--", static, "/bin/sh", "-c", f"{again}; {again}; exit 0"],
                                   leaks=[("dash", "/etc/hostname")] + 2 * [("again", "/etc/hostname")],
                                   obstacles=[(static, "static"), (again, "static"), (again, "static")])
        # It was forked by one that has recorded nothing: who made it is not guessed.
        self.assertEqual({fd["created"]["call"] for one in report["execs"] for fd in one["fds"]}, {""})
        for kind, said in (("text", "from outside: statically linked"), ("html", "from outside: statically linked")):
            self.assertIn(said, self.cloexec("audit", "--format", kind, "--", static, again, command=self.command).stdout)

    def test_who_made_what_a_static_program_gets_is_known(self):
        static = self.compiled("static", "int main(void) { return 0; }", "-static")
        start = f"import ctypes, os; c = ctypes.CDLL(None); c.open(b'/etc/hostname', 0); os.posix_spawn('{static}', ['x'], os.environ)"
        report = self.from_outside(["--", "/usr/bin/python3", "-c", start], leaks=[("static", "/etc/hostname")],
                                   obstacles=[(static, "static")])
        self.assertEqual([fd["created"]["call"] for one in report["execs"] for fd in one["fds"]], ["open"])

    def test_what_a_static_program_got_on_purpose(self):
        """By its parent's rule, and what that got itself; a number that the audit itself got is no leak either."""
        static = self.compiled("static", "#include <unistd.h>\nint main(int n, char **w) { return execv(w[1], w + 1); }", "-static")
        self.from_outside(["--", "sh", "-c", f"exec 5</etc/hostname; {static} {static} /bin/true; exit 0"], status=0,
                          obstacles=2 * [(static, "static")])

    def test_enforced_in_what_the_shim_cannot_enter(self):
        static = self.compiled("static", OPENS_AND_STARTS, "-static")
        report = self.from_outside(["--enforce", "--", static, "/bin/sh", "-c", "cat <&3"], status=1, obstacles=[(static, "static")])
        self.assertEqual([(fd["fd"], fd["target"], fd["class"]) for one in report["execs"] for fd in one["fds"]],
                         [(3, "/etc/hostname", "withheld")])

    def test_an_environment_without_the_shim_is_watched(self):
        starts = self.compiled("starts", OPENS_AND_STARTS)
        self.from_outside(["--", "env", "-i", starts, "/bin/true"], leaks=[("true", "/etc/hostname")],
                          obstacles=[(one, "no-preload") for one in (starts, os.path.realpath("/bin/true"))])

    @needs_root
    def test_programs_with_other_rights_are_watched(self):
        program = self.compiled("suid", OPENS_AND_STARTS)
        os.chown(program, 1, 1)
        os.chmod(program, 0o4755)
        self.from_outside(["--", program, "/bin/true"], leaks=[("true", "/etc/hostname")],
                          obstacles=[(one, "secure-execution") for one in (program, os.path.realpath("/bin/true"))])

    @needs_root
    def test_an_ordinary_users_audit_says_which_rights_were_dropped(self):
        program = self.compiled("suid", "int main(void) { return 0; }")
        os.chmod(program, 0o4755)
        self.folder.chmod(0o777)
        words = [*AS_NOBODY, self.command, "audit", "-o", self.folder / "nobodys", "--", "sh", "-c", f"{program}; exit 0"]
        result = subprocess.run(words, capture_output=True, text=True, env={"PATH": PATH}, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"cloexec: {program} ran without the rights that its file gives", result.stderr)

    def test_where_tracing_is_forbidden(self):
        """In a container, or under a debugger: the audit goes without, and says so when that mattered."""
        static = self.compiled("static", "int main(void) { return 0; }", "-static")
        words = [DENY, "EPERM", "ptrace", "--", self.command, "audit", "--fail-on-leak", "-o", self.folder / "report", "--"]
        for program, status, said in (("/bin/true", 0, "Nothing leaked"),
                                      (static, 4, "Not seen: .*static.*; nothing could be seen from outside: .*ptrace")):
            result = subprocess.run([*words, program], capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertRegex(result.stderr, said)

    def test_programs_that_trace_are_left_alone(self):
        leaky = self.compiled("leaky", "#include <stdlib.h>\nint main(void) { return malloc(9) == 0; }", "-fsanitize=address")
        for words in (["--", leaky], ["--", "sh", "-c", f"{leaky}; exit 0"]):
            result = self.audit(*words)[1]
            self.assertIn("detected memory leaks", result.stderr)
            self.assertNotIn("fatal error", result.stderr)
        self.expect(self.audit("--", "strace", "-f", "-o", "trace", "sh", "-c", "/bin/true; exit 5")[1], 5, "",
                    "cloexec: Nothing leaked: no descriptor above 2 crossed an exec.\n")

    def test_a_static_program(self):
        static = self.compiled("static", "int main(void) { return 7; }", "-static")
        words = ["--", static]
        self.not_seen(words, r"1 program: .*/static \(statically linked\)", obstacle="static", program=static)
        result = self.cloexec("audit", "--no-supervise", "-o", "report", *words, command=self.command)
        self.expect(result, 7)
        before, after = result.stderr.split("cloexec: No leak", 1)
        self.assertIn(f"cloexec: {static} is statically linked: the shim cannot enter it", before)
        self.not_seen(["--", "sh", "-c", f"{static}; {static}; exit 0"], r"2 programs: .*/static \(statically linked\);")
        # A name that PATH leads to.
        self.audit("--no-supervise", "--", "static", status=4, PATH=f"{self.folder}:{PATH}")

    def test_a_program_that_does_not_exist_is_not_unseen(self):
        for words, status in ((["--", "./none"], 127), (["--", "sh", "-c", "./none; exit 0"], 0)):
            result = self.cloexec("audit", "--fail-on-leak", *words, command=self.command)
            self.expect(result, status)
            self.assertNotIn("Not seen", result.stderr)

    def test_an_environment_without_the_shim(self):
        self.not_seen(["--", "sh", "-c", "env -i /bin/sleep 0.3; exit 0"], r"/bin/sleep \(started without LD_PRELOAD\)",
                      obstacle="no-preload", program="/bin/sleep")

    @needs_root
    def test_a_set_user_id_program(self):
        program = self.compiled("suid", "int main(void) { return 0; }")
        os.chown(program, 1, 1)
        os.chmod(program, 0o4755)
        self.not_seen(["--", program], r"\(set-user-ID\)", obstacle="set-user-id", program=program)
        os.chown(program, 0, 0)
        os.chmod(program, 0o4755)
        # Root has that right already.
        self.expect(self.audit("--", program, status=0)[1], 0, "", "cloexec: Nothing leaked: no descriptor above 2 crossed an exec.\n")

    @needs_root
    def test_another_effective_user(self):
        self.not_seen(["--", "setpriv", "--ruid=13", "--euid=0", "/bin/sleep", "0.3"],
                      r"started with an effective user or group that is not its real one",
                      obstacle="secure-execution", program="/bin/sleep")

    @needs_root
    def test_a_program_of_another_user(self):
        for become in (AS_NOBODY, ["runuser", "-u", "nobody", "--"]):
            report, _ = self.audit("--", *become, "/usr/bin/python3", "-c", LEAK, status=3)
            self.assertEqual((report["lost"], report["summary"]["unseen"]), (0, 0))
            leaks = [(one["program"], fd["target"], fd["created"]["call"]) for one in report["execs"] for fd in one["fds"]
                     if fd["class"] == "leak"]
            self.assertEqual(leaks, [(os.path.realpath("/bin/true"), "/etc/hostname", "open")])

    @needs_root
    def test_a_program_in_another_root(self):
        need(self, "unshare", "--mount")
        script = f"mkdir {self.folder}/root; mount --rbind / {self.folder}/root; umount -l {self.folder}/root/proc; " \
                 f"exec chroot {self.folder}/root /usr/bin/python3 -c \"$0\""
        report, _ = self.audit("--", "unshare", "-m", "sh", "-c", script, LEAK, status=3)
        self.assertEqual(report["summary"]["unseen"], 0)

    @needs_root
    def test_another_user_without_the_audits_network(self):
        """Where its abstract address is another's. What cannot be seen there is told."""
        self.not_seen(["--", "unshare", "-n", *AS_NOBODY, "/bin/sleep", "0.1"], "/bin/sleep")
        # The same user finds the ring by its path.
        self.audit("--", "unshare", "-n", "/bin/sleep", "0.1", status=0)

    def running_audit(self, *words):
        audit = subprocess.Popen([self.command, "audit", "-o", self.folder / "report", "--", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 env={"PATH": PATH, "CLOEXEC_POLICY_FILE": self.nothing}, text=True)
        self.addCleanup(audit.communicate)
        return audit

    def test_the_ring_is_handed_to_nobody_else(self):
        """Whoever knows the address, which /proc/net/unix tells to all, gets nothing that is not in the audited tree."""
        audit = self.running_audit("sh", "-c", "echo $CLOEXEC_AUDIT; read nothing")
        path = audit.stdout.readline().strip()
        ask = ("import array, socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect('\\0' + sys.argv[1]);"
               "s.settimeout(5); print(socket.recv_fds(s, 1, 1)[1])")
        for who in (["setpriv"], AS_NOBODY if os.geteuid() == 0 else ["setpriv"]):
            got = subprocess.run([*who, "/usr/bin/python3", "-c", ask, path], capture_output=True, text=True, timeout=30)
            self.assertEqual((got.returncode, got.stdout), (0, "[]\n"), got.stderr)
        if os.geteuid() == 0:
            opened = subprocess.run([*AS_NOBODY, "sh", "-c", ": 3<>$0", path], capture_output=True, text=True)
            self.assertIn("Permission denied", opened.stderr)

    def test_who_has_the_ring_cannot_cut_it(self):
        cut = "import os; fd = os.open(os.environ['CLOEXEC_AUDIT'], os.O_RDWR); os.ftruncate(fd, 0)"
        report, result = self.audit("--", "/usr/bin/python3", "-c", cut)
        self.assertIn("Operation not permitted", result.stderr)
        self.assertEqual(report["lost"], 0)

    @needs_root
    def test_an_impostor_is_told_nothing(self):
        """When an audit is over, anybody may take its address. What still names it does not trust another user."""
        path = "/proc/1/fd/12345"
        ring = Ring(self.folder / "ring", 64).path
        ring.chmod(0o644)
        serve = """
import fcntl, os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind('\\0' + sys.argv[1])
listener.listen()
fd = os.memfd_create('ring', os.MFD_ALLOW_SEALING)
os.write(fd, open(sys.argv[2], 'rb').read())
fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
print(flush=True)
try:
    socket.send_fds(listener.accept()[0], [b'x'], [fd])
except OSError:
    pass
input()
print(any(os.pread(fd, 1 << 20, 512)))
"""
        for who, is_believed in ((AS_NOBODY, False), (["setpriv"], True)):
            server = subprocess.Popen([*who, "/usr/bin/python3", "-c", serve, path, ring], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            server.stdout.readline()
            self.run_recording(path)
            self.assertEqual(server.communicate("\n", timeout=30)[0], f"{is_believed}\n", who)

    def run_recording(self, ring):
        subprocess.run(["/bin/true"], check=True,
                       env={"LD_PRELOAD": AUDIT_SHIM, "CLOEXEC_MODE": "observe", "CLOEXEC_AUDIT": str(ring)})

    @needs_root
    def test_a_ring_that_is_another_users_is_not_used(self):
        ring = Ring(self.folder / "ring", 64).path
        for owner, is_used in ((NOBODY, False), (0, True)):
            os.chown(ring, owner, owner)
            ring.chmod(0o666)
            self.run_recording(ring)
            self.assertEqual(any(ring.read_bytes()[512:]), is_used, owner)


if __name__ == "__main__":
    unittest.main()
