#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec ps --format prometheus`: what it counts, to promtool's liking, and as node_exporter's textfile collector hands
it on."""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

from host import Host, put_into_group
from support import PATH, SHIM, CommandTest

METRICS = ["cloexec_inheritable_descriptors", "cloexec_processes", "cloexec_replaced_shim_processes", "cloexec_hidden_processes"]


class PsPrometheus(CommandTest):
    def metrics(self, *arguments):
        result = self.cloexec("ps", "--format", "prometheus", *map(str, arguments))
        self.expect(result, 0, errors="")
        return result.stdout

    def samples(self, text):
        """By name and labels, as they are written."""
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(len(lines), len({name for name, _, _ in lines}), "no series twice")
        return {name: int(value) for name, _, value in lines}

    def expect_clean(self, text):
        done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""), text)

    def start(self, program, *, descriptors=0, shimmed=False, **variables):
        """What a program of that name does: it has some inheritable descriptors, and waits."""
        path = self.folder / program if isinstance(program, str) else os.path.join(os.fsencode(self.folder), program)
        if not os.path.exists(path):
            shutil.copy("/bin/cat", path)
        fds = [os.eventfd(0) for _ in range(descriptors)]
        environment = {"PATH": PATH, "CLOEXEC_POLICY_FILE": self.nothing, **variables, **({"LD_PRELOAD": SHIM} if shimmed else {})}
        process = subprocess.Popen([path], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=fds)
        for fd in fds:
            os.close(fd)
        self.addCleanup(process.communicate)
        process.stdin.write(b"ready\n")
        process.stdin.flush()
        process.stdout.readline()
        return process.pid

    def test_counts_by_unit_and_program(self):
        pids = [self.start("one", descriptors=2), self.start("one", descriptors=3, shimmed=True),
                self.start("one", shimmed=True, CLOEXEC_MODE="observe"), self.start("two")]
        for pid, group in ((pids[1], "first"), (pids[2], "first"), (pids[3], "second")):
            self.addCleanup(put_into_group(self, pid, f"cloexectest{os.getpid()}.slice/{group}{pid}.service"))
        self._cleanups.sort(key=lambda cleanup: cleanup[0].__name__ == "communicate")  # processes end before their groups
        text = self.metrics(*pids)
        self.expect_clean(text)
        samples = self.samples(text)
        first, again, second = (f'unit="{name}{pid}.service"' for name, pid in zip(("first", "first", "second"), pids[1:]))
        of = {name: value for name, value in samples.items() if first in name}
        self.assertEqual(of, {
            f'cloexec_inheritable_descriptors{{{first},program="one"}}': 3,
            f'cloexec_processes{{{first},program="one",state="shimmed",mode="enforce"}}': 1,
            f'cloexec_processes{{{first},program="one",state="unshimmed",mode=""}}': 0,
            f'cloexec_processes{{{first},program="one",state="unreadable",mode=""}}': 0,
            f'cloexec_replaced_shim_processes{{{first},program="one"}}': 0})
        self.assertEqual(samples[f'cloexec_processes{{{again},program="one",state="shimmed",mode="observe"}}'], 1)
        self.assertEqual(samples[f'cloexec_processes{{{again},program="one",state="shimmed",mode="enforce"}}'], 0)
        self.assertEqual(samples[f'cloexec_inheritable_descriptors{{{second},program="two"}}'], 0)
        self.assertEqual(samples[f'cloexec_processes{{{second},program="two",state="unshimmed",mode=""}}'], 1)
        self.assertEqual(sum(value for name, value in samples.items() if name.startswith("cloexec_inheritable")), 5)
        self.assertEqual(sum(value for name, value in samples.items() if name.startswith("cloexec_processes")), 4)

    def test_all_is_there_and_sorted(self):
        for name in ("two", "one"):
            self.start(name)
        text = self.metrics()
        self.expect_clean(text)
        heads = [line.split()[1:3] for line in text.splitlines() if line.startswith("#")]
        self.assertEqual(heads, [[kind, name] for name in METRICS for kind in ("HELP", "TYPE")])
        for name in METRICS:
            self.assertIn(f"\n# TYPE {name} gauge\n", text)
        labels = [line for line in text.splitlines() if line.startswith("cloexec_inheritable_descriptors{")]
        pairs = [tuple(part.split('"')[1] for part in line.split(",program")) for line in labels]
        self.assertEqual(pairs, sorted(pairs))
        self.assertGreater(len(labels), 1)

    def test_nothing_that_was_asked_for(self):
        result = self.cloexec("ps", "--format", "prometheus", "--name", "nothing-of-that-name")
        self.expect(result, 0, errors="cloexec: no process is what was asked for\n")
        self.expect_clean(result.stdout)
        self.assertEqual(self.samples(result.stdout), {"cloexec_hidden_processes": 0})

    def test_names_are_escaped(self):
        names = {b'quo"te': r'quo\"te', rb"back\slash": r"back\\slash", b"line\nend": r"line\nend", b"bell\x07": r"bell\\x07",
                 b"latin\xfc": r"latin\\xfc", "grün".encode(): "grün", b"curly{}=,": "curly{}=,", b"a b": "a b"}
        pids = [self.start(name, descriptors=1) for name in names]
        text = self.metrics(*pids)
        self.expect_clean(text)
        samples = [name for name in self.samples(text) if name.startswith("cloexec_inheritable")]
        self.assertEqual(sorted(name.split("program=")[1] for name in samples), sorted(f'"{name}"}}' for name in names.values()))

    def test_a_replaced_library_and_program(self):
        library = self.folder / "libcloexec.so"
        shutil.copyfile(SHIM, library)
        pid = self.start("one", LD_PRELOAD=str(library))
        library.unlink()
        (self.folder / "one").unlink()
        samples = self.samples(self.metrics(pid))
        (replaced,) = (value for name, value in samples.items() if name.startswith("cloexec_replaced_shim_processes{")
                       and 'program="one"' in name)
        self.assertEqual(replaced, 1)

    def test_modes(self):
        """Also of programs that overwrite their environment, as nginx and redis do for their titles."""
        host = Host(self, """
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
begin, end = (int(fields[field - 3]) for field in (50, 51))
ctypes.memset(begin, 0, end - begin)
""", env={"PATH": PATH, "LD_PRELOAD": SHIM, "CLOEXEC_MODE": "observe"})
        mode = "observe" if os.geteuid() == 0 else "(observe|unknown)"
        self.assertRegex(self.metrics(host.pid), rf'state="shimmed",mode="{mode}"}} 1\n')
        switched = Host(self, "libc.ioctl(-1, ctypes.c_ulong(0x436c4f58), ctypes.c_long(2))", env={"PATH": PATH, "LD_PRELOAD": SHIM})
        mode = "off" if os.geteuid() == 0 else "(off|enforce)"
        self.assertRegex(self.metrics(switched.pid), rf'state="shimmed",mode="{mode}"}} 1\n')

    def test_file_is_replaced_at_once(self):
        pid = self.start("one")
        file = self.folder / "metrics" / "cloexec.prom"
        file.parent.mkdir()
        file.write_text("old\n")
        before = file.stat().st_ino
        with open(file) as old:
            self.assertEqual(self.metrics(pid, "-o", file), "")
            self.assertEqual(old.read(), "old\n", "who has it open keeps a whole one")
        self.assertNotEqual(file.stat().st_ino, before)
        self.assertEqual(os.listdir(file.parent), ["cloexec.prom"])
        self.expect_clean(file.read_text())
        result = self.cloexec("ps", "--format", "prometheus", "-o", "nowhere/file")
        self.expect(result, 125, "", "cloexec: nowhere/file cannot be written: No such file or directory\n")

    def scrape(self, address):
        """What the exporter serves once it listens; it is given a minute."""
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{address}/metrics").read().decode()
            self.assertLess(time.monotonic(), until, "node_exporter does not listen")
            time.sleep(0.05)

    def test_scraped_from_node_exporter(self):
        pids = [self.start("one", descriptors=2), self.start('quo"te', shimmed=True), self.start("back\\slash", descriptors=1)]
        folder = self.folder / "textfile"
        folder.mkdir()
        self.metrics(*pids, "-o", folder / "cloexec.prom")
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = "127.0.0.1:%d" % server.getsockname()[1]
        exporter = subprocess.Popen(["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                                     f"--collector.textfile.directory={folder}", f"--web.listen-address={address}"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(exporter.wait)
        self.addCleanup(exporter.kill)
        served = self.scrape(address)
        self.assertIn("\nnode_textfile_scrape_error 0\n", served)
        self.assertIn(f'node_textfile_mtime_seconds{{file="{folder}/cloexec.prom"}}', served)
        # node_exporter sorts the labels.
        ours = self.samples((folder / "cloexec.prom").read_text())
        plain = lambda series: (series.partition("{")[0], tuple(sorted(series.partition("{")[2].rstrip("}").split(","))))
        theirs = {plain(line.rpartition(" ")[0]): float(line.rpartition(" ")[2]) for line in served.splitlines()
                  if line.startswith("cloexec_")}
        self.assertEqual(theirs, {plain(series): value for series, value in ours.items()})
        for name in METRICS:
            self.assertIn(f"\n# TYPE {name} gauge\n", served)


if __name__ == "__main__":
    unittest.main()
