#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec path`: what it prints is what LD_PRELOAD wants, in every shell."""
import os
import shutil
import subprocess
import unittest

from support import CLOEXEC, PATH, PROBE, SHIM, CommandTest


class Path(CommandTest):
    def prefix(self, library):
        prefix = self.folder / "usr"
        (prefix / "bin").mkdir(parents=True)
        (prefix / library).mkdir(parents=True)
        shutil.copy2(CLOEXEC, prefix / "bin" / "cloexec")
        shutil.copy2(SHIM, prefix / library / "libcloexec.so")
        return prefix

    def lib(self):
        """What the loader puts in the place of $LIB."""
        return "lib/" + subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()

    def flag_under(self, shell, script, prefix):
        """The flag of what a program opens that the script starts; nothing on standard error, where the loader complains."""
        environment = {"PATH": f"{prefix}/bin:{PATH}", "CLOEXEC_POLICY_FILE": self.nothing}
        done = subprocess.run([shell, "-c", script, shell, *PROBE], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
        return done.stdout

    def test_in_the_build_tree(self):
        for options in ((), ("--plain",)):
            self.expect(self.cloexec("path", *options), 0, f"{SHIM}\n", "")

    def test_with_lib(self):
        prefix = self.prefix(self.lib())
        command = prefix / "bin" / "cloexec"
        self.expect(self.cloexec("path", command=command), 0, f"{prefix}/$LIB/libcloexec.so\n", "")
        self.expect(self.cloexec("path", "--plain", command=command), 0, f"{prefix}/{self.lib()}/libcloexec.so\n", "")

    def test_where_the_loader_has_no_lib(self):
        prefix = self.prefix("lib")
        self.expect(self.cloexec("path", command=prefix / "bin" / "cloexec"), 0, f"{prefix}/lib/libcloexec.so\n", "")

    def test_in_shells(self):
        prefix = self.prefix(self.lib())
        for shell in ("sh", "bash", "zsh"):
            for script in ('LD_PRELOAD=$(cloexec path) "$@"', 'LD_PRELOAD="$(cloexec path)" "$@"',
                           'env "LD_PRELOAD=$(cloexec path)" "$@"',
                           'preload=$(cloexec path); export LD_PRELOAD="$preload"; exec "$@"',
                           # A second shell would take $LIB for a variable of its own.
                           'sh -c "LD_PRELOAD=$(cloexec path --plain) \\"\\$@\\"" sh "$@"'):
                self.assertEqual(self.flag_under(shell, script, prefix), "1\n", f"{shell}: {script}")

    def test_what_cannot_be_preloaded(self):
        prefix = self.folder / "with blank"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "lib").mkdir()
        shutil.copy2(CLOEXEC, prefix / "bin" / "cloexec")
        shutil.copy2(SHIM, prefix / "lib" / "libcloexec.so")
        result = self.cloexec("path", command=prefix / "bin" / "cloexec")
        self.expect(result, 125, "", f"cloexec: LD_PRELOAD cannot hold a path with a blank or a colon: {prefix}/lib/libcloexec.so\n")

    def test_where_there_is_none(self):
        if os.path.exists("/usr/local/lib/libcloexec.so"):
            self.skipTest("it is installed on this machine")
        command = self.folder / "bin" / "cloexec"
        command.parent.mkdir()
        shutil.copy2(CLOEXEC, command)
        result = self.cloexec("path", command=command)
        self.expect(result, 125, "")
        self.assertRegex(result.stderr, rf"^cloexec: there is no libcloexec.so that can be read; looked for {self.folder}/\S+, /")


if __name__ == "__main__":
    unittest.main()
