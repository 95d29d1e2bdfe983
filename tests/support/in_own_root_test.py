#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other users reach a folder below one that is its owner's alone, what is written in it stays, and nothing else is left."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from namespaces import need

IN_OWN_ROOT = pathlib.Path(__file__).resolve().parent / "in_own_root"
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


class InOwnRoot(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        need(self, "unshare", "--mount")
        folder = tempfile.TemporaryDirectory()  # its owner's alone
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.tree = self.home / "a tree, or: two"
        self.tree.mkdir(mode=0o755)
        (self.tree / "file").write_text("bytes")

    def run_there(self, *words, variables=None):
        return subprocess.run([IN_OWN_ROOT, *words], cwd=self.tree, env=os.environ | (variables or {}), capture_output=True,
                              text=True, check=False)

    def test_others_reach_the_folder(self):
        done = self.run_there(*AS_NOBODY, "cat", self.tree / "file")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "bytes", ""))

    def test_what_is_written_stays(self):
        self.assertEqual(self.run_there("touch", "written").returncode, 0)
        self.assertTrue((self.tree / "written").exists())

    def test_so_it_does_in_a_folder_that_is_closed_itself(self):
        self.tree.chmod(0o700)
        done = self.run_there("touch", "written")
        self.assertEqual((done.returncode, done.stderr),
                         (0, f"in_own_root: [Errno 13] programs of other users may not enter {self.tree}; going on\n"))
        self.assertTrue((self.tree / "written").exists())

    def test_leaves_nothing_in_a_folder_for_temporary_files(self):
        temporary = self.home / "tmp"
        temporary.mkdir()
        done = self.run_there(*AS_NOBODY, "cat", "file", variables={"TMPDIR": str(temporary)})
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "bytes", ""))
        self.assertEqual(list(temporary.iterdir()), [])

    def test_ends_as_its_command_does(self):
        self.assertEqual(self.run_there("sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(self.run_there("sh", "-c", "kill -TERM $$").returncode, -15)
        done = self.run_there("no-such-program")
        self.assertEqual((done.returncode, done.stderr), (1, "in_own_root: no-such-program: No such file or directory\n"))


if __name__ == "__main__":
    unittest.main()
