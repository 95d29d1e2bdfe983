# SPDX-License-Identifier: Apache-2.0
"""A full disk: temporary files fail as they do bare; an audit needs no disk but for its report, and shows it all the
same where that has no room; one whose ring has no room in memory is refused before its program runs. Each message names
the place and the way out."""
import json
import os
import pathlib
import tempfile
import unittest

from support import CLOEXEC, SHIM, FaultTest, probe, run

# Without a byte left, or without a file.
FULL = {
    "no bytes": "mount -t tmpfs -o size=64k tmpfs {0}; head -c 65536 /dev/zero >{0}/ballast",
    "no files": "mount -t tmpfs -o nr_inodes=2 tmpfs {0}; : >{0}/ballast",
}


class FullDisk(FaultTest):
    def visible(self, name):
        """Where a full /tmp does not hide it."""
        return self.moved(probe(name))

    def visible_shim(self):
        return self.moved(SHIM)

    def moved(self, path):
        folder = tempfile.TemporaryDirectory(prefix="cloexec-faults-", dir="/var/tmp")
        self.addCleanup(folder.cleanup)
        copy = pathlib.Path(folder.name) / pathlib.Path(path).name
        copy.write_bytes(pathlib.Path(path).read_bytes())
        copy.chmod(0o755)
        return copy

    def test_temporary_files(self):
        calls = ["mkstemp", "mkostemp", "mkstemps", "tmpfile", "creat", "open", "fopen"]
        for name, script in FULL.items():
            with self.subTest(name):
                command = self.broken(script.format("/tmp"), self.visible("sandbox_probe"), "--times", "2", *calls)
                output = self.expect_same(command, least=6, shim=self.visible_shim())
                self.assertEqual("mkstemp main errno=ENOSPC" in output, name == "no files", output)

    def audit(self, script, *options, program=("sh", "-c", "echo ran; exit 7"), **variables):
        return run(self.broken(script, CLOEXEC, "audit", *options, "--", *program), variables)

    def test_a_ring_without_room(self):
        result = run(["prlimit", "--fsize=1000000", CLOEXEC, "audit", "--", "echo", "ran"])
        self.assertEqual((result.returncode, result.stdout), (125, ""))
        self.assertEqual(result.stderr, "cloexec: no memory for 32768 records at a time: File too large (--records takes less)\n")
        result = run(["prlimit", "--fsize=1000000", CLOEXEC, "audit", "--records", "1024", "--", "echo", "ran"])
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_ring_needs_no_disk(self):
        place = self.folder / "place"
        place.mkdir()
        for name, script in FULL.items():
            # What is tried here may have been built below /tmp.
            places = ["/dev/shm"] + ([] if os.path.realpath(CLOEXEC).startswith("/tmp/") else ["/tmp"])
            script = "; ".join([script.format(place), *(f"mount --bind {place} {one}" for one in places)])
            result = self.audit(script, "-o", "-", TMPDIR=str(place))
            self.assertEqual((result.returncode, result.stdout[:4]), (7, "ran\n"), (name, result.stderr))

    def test_a_report_without_room(self):
        place = self.folder / "place"
        place.mkdir()
        report = place / "report"
        for kind in ("text", "json", "html", "sarif"):
            with self.subTest(kind):
                result = self.audit(FULL["no bytes"].format(place), "--format", kind, "-o", str(report))
                self.assertEqual(result.returncode, 125)
                self.assertTrue(result.stdout.startswith("ran\n"))
                self.assertIn(f"{report} cannot be written: No space left on device; its text is on standard output instead",
                              result.stderr)
                told = result.stdout.removeprefix("ran\n")
                if kind in ("json", "sarif"):
                    self.assertIn("version", json.loads(told))
                self.assertGreater(len(told), 50)

    def test_a_baseline_without_room(self):
        """It takes no report with it that has room."""
        place = self.folder / "place"
        place.mkdir()
        report = self.folder / "report"
        result = self.audit(FULL["no bytes"].format(place), "--format", "json", "-o", str(report),
                            "--write-baseline", str(place / "baseline"))
        self.assertEqual(result.returncode, 125)
        self.assertIn(f"{place}/baseline cannot be written: No space left on device; its text is on standard output instead",
                      result.stderr)
        self.assertIn("accepted", json.loads(result.stdout.removeprefix("ran\n")))
        self.assertIn("execs", json.loads(report.read_text()))

    def test_a_report_without_a_file(self):
        place = self.folder / "place"
        place.mkdir()
        result = self.audit(FULL["no files"].format(place), "-o", str(place / "report"))
        self.assertEqual((result.returncode, result.stdout), (125, ""))
        self.assertIn(f"{place}/report cannot be written: No space left on device", result.stderr)

    def test_standard_output(self):
        for command in (["audit", "--", "true"], ["ps"], ["policy", "show"], ["doctor", "/bin/true"], ["unit", "--force", "x.service"], ["--version"], ["--help"]):
            result = run(["sh", "-c", '"$@" >/dev/full', "sh", CLOEXEC, *command])
            self.assertEqual(result.returncode, 125, command)
            self.assertIn("standard output cannot be written: No space left on device", result.stderr)

    def test_a_program_under_run(self):
        """Its end is its own, also with its own temporary files failing."""
        script = FULL["no files"].format("/tmp")
        result = run(self.broken(script, "sh", "-c", "mktemp >/dev/null 2>&1; exit 7"),
                     {"LD_PRELOAD": str(self.visible_shim())})
        self.assertEqual((result.returncode, result.stderr), (7, ""))


if __name__ == "__main__":
    unittest.main()
