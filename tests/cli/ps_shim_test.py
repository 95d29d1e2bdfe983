#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec ps` on the shim itself: its mode and policy, a library that was replaced, and where LD_PRELOAD does not count."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from host import Host
from support import PATH, SHIM, CommandTest, need

BUNDLED = {"environment": "read", "mode": "enforce", "switched_off": False, "allow": None, "policy": None, "policy_file": None, "policy_file_state": None,
           "profile": "standard", "propagate": True, "audit": None}

# Writes zeros over all of the environment, as titles do (setproctitle(3bsd)).
OVERWRITE = """
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
begin, end = (int(fields[field - 3]) for field in (50, 51))  # proc(5)
ctypes.memset(begin, 0, end - begin)
"""

# A library that shows itself switched off, strict and of CLOEXEC_MODE=off (policy/shown.h).
SHOWING = """
__attribute__((visibility("hidden"))) unsigned char shown[] = {1, 1, 1, 1, 1};
__asm__(".pushsection .note.cloexec, \\"a\\", %note; .balign 4; .long 8, 4, 1; .asciz \\"cloexec\\"; .long shown - .; .popsection");
"""
# Overwrites its environment, says so, and waits.
WAITER = """
#include <string.h>
#include <unistd.h>
int main(int count, char **arguments, char **environment) {
  for (; *environment; ++environment) memset(*environment, 0, strlen(*environment));
  return write(1, "", 1) + read(0, &count, 1);
}
"""
RUNS_32_BIT = pathlib.Path(__file__).resolve().parents[1] / "support" / "runs_32_bit"

# A root of its own in which /etc holds what the test put there.
IN_OWN_ETC = "mount --bind {etc} /etc && exec \"$@\""


class PsShim(CommandTest):
    def shown(self, *pids):
        result = self.cloexec("ps", *map(str, pids), "--json")
        self.expect(result, 0, errors="")
        return json.loads(result.stdout)["processes"]

    def host(self, code="", behind=(), **variables):
        environment = {"PATH": PATH, "CLOEXEC_POLICY_FILE": self.nothing, "LD_PRELOAD": SHIM, **variables}
        return Host(self, code, behind, env={name: value for name, value in environment.items() if value is not None})

    def settings(self, host):
        (process,) = self.shown(host.pid)
        self.assertTrue(process["shim"])
        return process["settings"]

    def line(self, host):
        """What the text says of the settings."""
        return self.cloexec("ps", str(host.pid)).stdout.splitlines()[-2].strip()

    def expect_settings(self, host, **differing):
        differing = {"policy_file": self.nothing, "policy_file_state": "read", **differing}
        self.assertEqual(self.settings(host), {**BUNDLED, **differing})

    def test_settings(self):
        host = self.host()
        self.expect_settings(host)
        self.assertEqual(self.line(host), f"mode enforce; policy: {self.nothing}, profile standard")
        host = self.host(CLOEXEC_MODE="observe", CLOEXEC_ALLOW="7,9", CLOEXEC_POLICY="exempt open; force dup",
                         CLOEXEC_PROFILE="strict", CLOEXEC_PROPAGATE="no")
        self.expect_settings(host, mode="observe", allow="7,9", policy="exempt open; force dup", profile="strict",
                             propagate=False)
        self.assertEqual(self.line(host), "mode observe; policy: CLOEXEC_ALLOW=7,9, CLOEXEC_POLICY=exempt open; force dup, "
                                          f"{self.nothing}, profile strict; what it starts has no shim")
        self.assertIn("\nit only observes, or is off, in 1\n", self.cloexec("ps", str(host.pid)).stdout)
        self.expect_settings(self.host(CLOEXEC_MODE="off"), mode="off")

    def test_what_the_shim_does_not_know_is_the_default(self):
        host = Host(self, "", env={"PATH": PATH, "LD_PRELOAD": SHIM, "CLOEXEC_POLICY_FILE": self.nothing,
                                   "CLOEXEC_MODE": "loud", "CLOEXEC_PROFILE": "lax", "CLOEXEC_ALLOW": ""},
                    stderr=subprocess.DEVNULL)
        self.expect_settings(host)

    def test_a_child_goes_by_what_its_parent_does(self):
        host = self.host("""
child = os.fork()
if child == 0: os.read(0, 1); os._exit(0)
kept["child"] = child
""", CLOEXEC_MODE="observe")
        self.assertEqual([process["settings"]["mode"] for process in self.shown(host.pid, host.fds["child"])],
                         ["observe"] * 2)

    def test_files(self):
        file = pathlib.Path(self.policy_file("own.conf", "exempt open"))
        host = self.host(CLOEXEC_POLICY_FILE=str(file))
        self.expect_settings(host, policy_file=str(file))
        # By more than it takes to tell: a process's start is known to some ticks, and clocks are set.
        time.sleep(1.5)
        file.write_text("exempt dup")
        self.expect_settings(host, policy_file=str(file), policy_file_state="changed")
        self.assertEqual(self.line(host), f"mode enforce; policy: {file} (changed since the process began), profile standard")
        file.unlink()
        self.expect_settings(host, policy_file=str(file), policy_file_state="missing")
        self.assertEqual(self.line(host), f"mode enforce; policy: {file} (there is none), profile standard")

    def etc(self, files):
        """A command that runs another where /etc holds these files, and what the loader and Python need of it."""
        if os.geteuid() != 0:
            self.skipTest("only root can give a process another /etc")
        need(self, "unshare", "--mount")
        etc = self.folder / "etc"
        etc.mkdir()
        for name in ("ld.so.cache", "passwd", "group"):
            shutil.copy(f"/etc/{name}", etc)
        for name, text in files.items():
            (etc / name).write_text(text)
        return ["unshare", "--mount", "sh", "-c", IN_OWN_ETC.format(etc=etc), "sh"]

    def test_the_file_of_the_machine(self):
        behind = self.etc({"cloexec.conf": "exempt open\n"})
        host = self.host(behind=behind, CLOEXEC_POLICY_FILE=None)
        self.assertEqual(self.settings(host), {**BUNDLED, "policy_file": "/etc/cloexec.conf", "policy_file_state": "read"})
        (self.folder / "etc" / "cloexec.conf").unlink()
        self.assertEqual(self.settings(host), BUNDLED)

    def expect_from_memory(self, host, **differing):
        """What the shim itself shows; only root may read the memory of others everywhere (Yama's ptrace_scope)."""
        settings = self.settings(host)
        if settings is None and os.geteuid() != 0:
            self.assertEqual(self.line(host), "mode and policy are not known: the program has overwritten its environment")
            self.skipTest("no right to read the memory of a process")
        self.assertEqual(settings, {**BUNDLED, "environment": "overwritten", **differing})

    def test_a_program_that_overwrites_its_environment(self):
        host = self.host(OVERWRITE, CLOEXEC_MODE="observe", CLOEXEC_PROFILE="strict", CLOEXEC_ALLOW="7")
        self.expect_from_memory(host, mode="observe", profile="strict")
        self.assertEqual(self.line(host), "mode observe; profile strict; other rules are not known: the program has overwritten "
                                          "its environment")
        self.expect_from_memory(self.host(OVERWRITE, CLOEXEC_MODE="off"), mode="off")
        self.expect_from_memory(self.host(OVERWRITE))

    def test_a_title_over_the_environment(self):
        title = subprocess.Popen(["perl", "-e", "$0 = 'title ' x 99; $| = 1; print qq(1\\n); <STDIN>"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, env={"PATH": PATH, "LD_PRELOAD": SHIM, "CLOEXEC_MODE": "observe"})
        self.addCleanup(title.communicate)
        title.stdout.readline()
        self.expect_from_memory(title, mode="observe")

    def test_a_library_that_shows_nothing(self):
        """As one of another version, or where memory may not be read."""
        library = self.folder / "libcloexec.so"
        data = pathlib.Path(SHIM).read_bytes()
        note = b"\x01\0\0\0cloexec\0"
        self.assertEqual(data.count(note), 1)
        library.write_bytes(data.replace(note, b"\x02" + note[1:]))
        host = self.host(OVERWRITE, LD_PRELOAD=str(library))
        self.assertIsNone(self.settings(host))
        self.assertEqual(self.line(host), "mode and policy are not known: the program has overwritten its environment")
        self.assertIn("  in       0  ", self.cloexec("ps", "--tree", str(host.pid)).stdout)

    def test_a_32_bit_program(self):
        """With a library that shows what the test has it show, in the place of a build for i386."""
        if os.geteuid() != 0 or os.uname().machine != "x86_64":
            self.skipTest("only root may read the memory of others everywhere; and only x86-64 runs i386's programs")
        if subprocess.run([RUNS_32_BIT], capture_output=True).returncode != 0:
            self.skipTest("this kernel or compiler knows no 32-bit programs")
        library = self.folder / "libcloexec.so"
        subprocess.run(["gcc", "-m32", "-shared", "-fPIC", "-x", "c", "-o", library, "-"], input=SHOWING, text=True, check=True)
        subprocess.run(["gcc", "-m32", "-x", "c", "-o", self.folder / "waiter", "-"], input=WAITER, text=True, check=True)
        waiter = subprocess.Popen([self.folder / "waiter"], env={"LD_PRELOAD": str(library)}, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(waiter.communicate)
        waiter.stdout.read(1)
        self.expect_from_memory(waiter, mode="off", profile="strict", switched_off=True)

    def test_memory_that_never_comes(self):
        """A file server of one's own may not answer who reads there; userfaultfd(2) stands for that."""
        if os.uname().machine != "x86_64":
            self.skipTest("the number of userfaultfd is x86-64's")
        folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.addCleanup(folder.cleanup)
        code = f"""
import mmap, struct
file = os.open("{folder.name}/libcloexec.so", os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 4096)
place = mmap.mmap(file, 4096)
start = ctypes.addressof(ctypes.c_char.from_buffer(place))
faults = libc.syscall(323, os.O_CLOEXEC)
if faults < 0: sys.exit()
fcntl.ioctl(faults, 0xc018aa3f, bytearray(struct.pack("3Q", 0xaa, 0, 0)))  # UFFDIO_API
fcntl.ioctl(faults, 0xc020aa00, bytearray(struct.pack("4Q", start, 4096, 1, 0)))  # UFFDIO_REGISTER, missing pages
"""
        try:
            hosts = [self.host(code + overwrite, LD_PRELOAD=None, CLOEXEC_MODE="observe") for overwrite in ("", *[OVERWRITE] * 5)]
        except json.JSONDecodeError:
            self.skipTest("no right to userfaultfd(2)")
        processes = self.shown(*(host.pid for host in hosts))
        self.assertEqual([process["shim_files"] for process in processes], [[f"{folder.name}/libcloexec.so"]] * 6)
        self.assertEqual([process["settings"] and process["settings"]["mode"] for process in processes], ["observe"] + [None] * 5)

    def test_a_program_that_switches_the_default_off(self):
        switch = "libc.ioctl(-1, ctypes.c_ulong(0x436c4f58), ctypes.c_long({}))"  # cloexec.h
        host = self.host(switch.format(2))
        if not self.settings(host)["switched_off"] and os.geteuid() != 0:
            self.skipTest("no right to read the memory of a process")
        self.expect_settings(host, switched_off=True)
        self.assertIn("\nit only observes, or is off, in 1\n", self.cloexec("ps", str(host.pid)).stdout)
        self.assertEqual(self.line(host), f"mode enforce, switched off by the program itself; policy: {self.nothing}, "
                                          "profile standard")
        self.assertIn("  switched off  ", self.cloexec("ps", "--tree", str(host.pid)).stdout)
        self.expect_settings(self.host(switch.format(2) + "\n" + switch.format(3)))

    def test_an_empty_environment(self):
        behind = [*self.etc({"ld.so.preload": SHIM + "\n"}), "env", "-i"]
        host = Host(self, "", behind, env={"PATH": PATH})
        self.assertEqual(self.settings(host), BUNDLED)

    def test_where_ld_preload_does_not_count(self):
        """A real user that is not the effective one: AT_SECURE, so that the variables say nothing."""
        become = [sys.executable, "-c", "import os, sys; os.setreuid(65534, 0); os.execvp(sys.argv[1], sys.argv[1:])"]
        behind = [*self.etc({"ld.so.preload": SHIM + "\n"}), *become]
        self.folder.chmod(0o755)
        host = Host(self, "", behind, env={"PATH": PATH, "CLOEXEC_MODE": "off"})
        (process,) = self.shown(host.pid)
        self.assertEqual((process["secure"], process["starts_secure"], process["settings"]), (True, True, {**BUNDLED, "environment": "ignored"}))
        self.assertEqual(self.line(host), "mode enforce; policy: profile standard; its variables do not count (AT_SECURE)")
        host = Host(self, "", become, env={"PATH": PATH, "LD_PRELOAD": SHIM})
        (process,) = self.shown(host.pid)
        self.assertEqual((process["shim"], process["secure"], "settings" in process), (False, True, False))
        text = self.cloexec("ps", str(host.pid)).stdout
        self.assertIn(", without the shim: it was started where LD_PRELOAD does not count (AT_SECURE);", text)
        self.assertIn("  none (AT_SECURE)  ", self.cloexec("ps", "--tree", str(host.pid)).stdout)

    def test_a_library_that_was_replaced(self):
        library = self.folder / "libcloexec.so"
        shutil.copyfile(SHIM, library)
        host = self.host(LD_PRELOAD=str(library))
        (process,) = self.shown(host.pid)
        self.assertFalse(process["shim_replaced"])
        (self.folder / "new").write_bytes(library.read_bytes())
        (self.folder / "new").rename(library)
        (process,) = self.shown(host.pid)
        self.assertEqual((process["shim_replaced"], process["shim_files"]), (True, [f"{library} (deleted)"]))
        text = self.cloexec("ps", str(host.pid)).stdout
        self.assertIn(f", with the shim, whose file was replaced or removed: {library} (deleted)\n", text)
        self.assertIn("\nits file was replaced or removed since in 1; a restart takes what is there now\n", text)
        self.assertIn("  enforce (replaced)  ", self.cloexec("ps", "--tree", str(host.pid)).stdout)

    def test_an_audit(self):
        result = self.cloexec("audit", "-o", "report", "--", "sh", "-c", 'exec "$0" ps $$ --json', os.environ["CLOEXEC"])
        self.expect(result, 0)
        (process,) = json.loads(result.stdout)["processes"]
        self.assertEqual(process["settings"]["mode"], "observe")
        self.assertTrue(process["settings"]["audit"])


if __name__ == "__main__":
    unittest.main()
