# SPDX-License-Identifier: Apache-2.0
"""Set-user-ID programs, which only /etc/ld.so.preload reaches, started by somebody who puts into the environment what
would open or disclose something: none of it counts, none of it is handed on, and nothing is printed."""
import os
import unittest

from support import CLOEXEC, FaultTest, probe

FORCED = "open 3 1\nfopen 4 1\nsocket 5 1\npipe 6 1\npipe 7 1\ndup2 50 1\n"
LEFT = FORCED.replace(" 1\n", " 0\n")
VERBS = ["open", "fopen", "socket", "pipe", "dup2:50"]

# One string of an environment has at most 128 KiB (MAX_ARG_STRLEN, execve(2)): eight are 1 MiB.
LONG = "x" * (128 * 1024 - 40)

HOSTILE = {
    "exempting": {"CLOEXEC_POLICY": "exempt *"},
    "shadow": {"CLOEXEC_POLICY_FILE": "/etc/shadow"},
    "audit": {"CLOEXEC_AUDIT": "/etc/passwd"},
    "off": {"CLOEXEC_MODE": "off"},
    "allowing": {"CLOEXEC_ALLOW": "3-1000"},
    "profile": {"CLOEXEC_PROFILE": "strict"},
    "propagate": {"CLOEXEC_PROPAGATE": "no"},
    "garbage": {f"CLOEXEC_{name}": "\x01\x1b[2J;\"'\\%n,-,=" for name in
                ("POLICY", "POLICY_FILE", "AUDIT", "MODE", "ALLOW", "PROFILE", "PROPAGATE")},
    "long": {f"CLOEXEC_{name}": LONG for name in
             ("POLICY", "POLICY_FILE", "AUDIT", "MODE", "ALLOW", "PROFILE", "PROPAGATE", "OTHER")},
    "all": {"CLOEXEC_POLICY": "exempt *", "CLOEXEC_POLICY_FILE": "/etc/shadow", "CLOEXEC_AUDIT": "/etc/passwd",
            "CLOEXEC_MODE": "off", "CLOEXEC_ALLOW": "3-1000", "CLOEXEC_PROFILE": "strict", "CLOEXEC_PROPAGATE": "no"},
}


class SetUserId(FaultTest):
    def as_alice(self, words, hostile, **options):
        # The variables are set there and not before, where they would be everybody's.
        return self.in_system(["env", *(f"{name}={value}" for name, value in hostile.items()), *words],
                              user="alice", **options)

    def expect_nothing_said(self, result, status=0):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertNotIn("cloexec", result.stderr)
        self.assertNotIn("root:", result.stdout + result.stderr)

    def test_variables_count_for_a_plain_program(self):
        """Or what follows shows nothing."""
        for name in ("exempting", "off", "allowing"):
            self.assertEqual(self.as_alice(["plain", *VERBS], HOSTILE[name]).stdout, LEFT, name)

    def test_descriptors_are_forced(self):
        for name, hostile in HOSTILE.items():
            with self.subTest(name):
                each = f'for program in of-user of-group of-file; do env "$@" "$program" {" ".join(VERBS)}; done'
                result = self.in_system(["sh", "-c", each, "sh", *(f"{key}={value}" for key, value in hostile.items())],
                                        user="alice")
                self.expect_nothing_said(result)
                self.assertEqual((result.stdout, result.stderr), (3 * FORCED, ""))

    def test_an_audit_s_library_records_nowhere(self):
        before = os.stat("/etc/passwd")
        for program in ("of-user", "of-group", "of-file"):
            result = self.as_alice(["sh", "-c", f"sha256sum </etc/passwd; {program} open; sha256sum </etc/passwd"],
                                   HOSTILE["all"], preload=[probe("audit_shim")])
            first, made, second = result.stdout.splitlines()
            self.assertEqual((first, made), (second, "open 3 1"), program)
        after = os.stat("/etc/passwd")
        self.assertEqual((after.st_mtime_ns, after.st_size), (before.st_mtime_ns, before.st_size))

    def test_only_the_system_s_file_counts(self):
        for program in ("of-user", "of-group", "of-file"):
            result = self.as_alice([program, "open", "open"], HOSTILE["off"],
                                   change="echo 'exempt open fd=3' >$root/etc/cloexec.conf")
            self.assertEqual((result.stdout, result.stderr), ("open 3 0\nopen 4 1\n", ""), program)

    def expect_as_bare(self, words, hostile, **options):
        """What another user is let do: the same, but for the flags, and nothing said."""
        bare = self.as_alice(words, hostile, preload=[], **options)
        result = self.as_alice(words, hostile, **options)
        self.expect_nothing_said(result)
        self.assertEqual(bare.returncode, 0, bare.stderr)
        self.assertEqual((result.stdout, result.stderr), (bare.stdout.replace(LEFT, FORCED), bare.stderr))
        self.assertIn(FORCED, result.stdout)

    def test_the_doctor_knows_that_they_are_reached(self):
        words = [CLOEXEC, "doctor", "of-user"]
        reached = self.in_system(words)
        self.assertEqual(reached.returncode, 0, reached.stdout + reached.stderr)
        self.assertIn("protected: /usr/bin/of-user\n", reached.stdout)
        self.assertIn("/etc/ld.so.preload brings in /usr/lib/cloexec-test/0/libcloexec.so", reached.stdout)
        gone = "echo /usr/lib/cloexec-test/gone/libcloexec.so >$root/etc/ld.so.preload"
        for change in ("", gone):
            result = self.in_system(words, preload=[], change=change)
            self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
            self.assertIn("not: /usr/bin/of-user\n", result.stdout)

    def test_su(self):
        for name, hostile in HOSTILE.items():
            with self.subTest(name):
                self.expect_as_bare(["su", "root", "-c", f"id -u; plain {' '.join(VERBS)}"], hostile, stdin=None,
                                    input="secret\n")

    def test_su_refuses_a_wrong_password(self):
        result = self.as_alice(["su", "root", "-c", "id -u"], HOSTILE["all"], stdin=None, input="wrong\n")
        self.expect_nothing_said(result, status=1)
        self.assertEqual(result.stdout, "")
        self.assertIn("Authentication failure", result.stderr)

    def test_sudo(self):
        for name, hostile in HOSTILE.items():
            with self.subTest(name):
                self.expect_as_bare(["sudo", "-n", "sh", "-c", f"id -u; plain {' '.join(VERBS)}"], hostile)

    def test_sudo_that_keeps_the_environment(self):
        for name in ("shadow", "off", "garbage"):
            with self.subTest(name):
                self.expect_as_bare(["sudo", "-n", "-E", "sh", "-c", f"id -u; plain {' '.join(VERBS)}"], HOSTILE[name])

    def test_nothing_is_handed_on(self):
        """As ld.so(8) takes LD_PRELOAD out of the environment: what runs as root in the end is not AT_SECURE, and would
        tell of /etc/shadow what is wrong with it as a policy."""
        for name in ("shadow", "off", "garbage", "long"):
            for words in (["su", "root", "-c", "env"], ["sudo", "-n", "-E", "env"]):
                with self.subTest(hostile=name, words=words):
                    result = self.as_alice(words, HOSTILE[name], stdin=None, input="secret\n")
                    self.expect_nothing_said(result)
                    self.assertNotIn("CLOEXEC_", result.stdout)
                    self.assertIn("PATH=", result.stdout)


if __name__ == "__main__":
    unittest.main()
