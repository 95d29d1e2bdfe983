#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec ps`, of processes that hold known descriptors."""
import json
import os
import subprocess
import sys
import unittest

from support import SHIM, CommandTest

# Makes one of each kind, says that it is ready, and waits for the end of its input. Its program is named by its first
# line's descriptors: number, kind, and what the target must contain.
HOLDS = r"""
import ctypes, os, socket, sys
libc = ctypes.CDLL(None)
held = []
def hold(fd, kind, target):
    os.set_inheritable(fd, True)
    held.append((fd, kind, target))
hold(os.open("plain", os.O_CREAT | os.O_RDWR), "file", "/plain")
hold(os.open("gone", os.O_CREAT | os.O_RDWR), "file", "/gone (deleted)"); os.unlink("gone")
hold(os.open("with\nnewline", os.O_CREAT | os.O_RDWR), "file", "/with\nnewline")
hold(os.open("/", os.O_RDONLY), "directory", "/")
hold(os.open("/dev/null", os.O_RDONLY), "device", "/dev/null")
listener = socket.create_server(("127.0.0.1", 0)); port = listener.getsockname()[1]
hold(listener.fileno(), "socket", f"tcp 127.0.0.1:{port} (listening)")
client = socket.create_connection(("127.0.0.1", port))
hold(client.fileno(), "socket", f" -> 127.0.0.1:{port}")
six = socket.create_server(("::1", 0), family=socket.AF_INET6)
hold(six.fileno(), "socket", f"tcp [::1]:{six.getsockname()[1]} (listening)")
named = socket.socket(socket.AF_UNIX); named.bind("a socket"); named.listen()
hold(named.fileno(), "socket", "unix a socket (listening)")
read, write = os.pipe()
hold(read, "pipe", "read end; written by nobody else")
hold(libc.eventfd(0, 0), "eventfd", "anon_inode:")
hold(libc.epoll_create1(0), "eventpoll", "anon_inode:")
hold(os.memfd_create("notes", 0), "memfd", "/memfd:notes")
kept = os.open("plain", os.O_RDONLY)
print(held, flush=True)
sys.stdin.read()
"""


class Ps(CommandTest):
    def start(self, *command, **variables):
        child = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                 env={"PATH": os.environ["PATH"], **variables})
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.stdin.close)
        return child

    def ps(self, *arguments):
        result = self.cloexec("ps", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_names_each_descriptor_and_what_it_is(self):
        child = self.start(sys.executable, "-c", HOLDS)
        held = eval(child.stdout.readline())  # pylint: disable=eval-used
        report = json.loads(self.ps("--json", str(child.pid)))
        self.assertEqual(report["version"], 1)
        [process] = report["processes"]
        self.assertEqual((process["pid"], process["exe"], process["shim"]), (child.pid, os.path.realpath(sys.executable), False))
        self.assertEqual([(one["fd"], one["object"]) for one in process["fds"]], sorted((fd, kind) for fd, kind, _ in held))
        targets = {one["fd"]: one["target"] for one in process["fds"]}
        for fd, kind, target in held:
            self.assertIn(target, targets[fd], kind)
        text = self.ps(str(child.pid))
        self.assertTrue(text.startswith(f"{len(held)} inheritable descriptors above 2 in 1 of 1 processes\n"), text)
        self.assertIn("/with?newline", text)

    def test_knows_who_has_a_pipes_other_end(self):
        read, write = os.pipe()
        child = self.start("sh", "-c", "exec 3<&0 4>&1; echo; read -r line")
        child.stdout.readline()
        os.close(read), os.close(write)
        text = self.ps(str(child.pid))
        self.assertRegex(text, rf"3 +pipe +pipe:\[\d+\] read end; written by .*\[{os.getpid()}\] fd {child.stdin.fileno()}\b")
        self.assertRegex(text, rf"4 +pipe +pipe:\[\d+\] write end; read by .*\[{os.getpid()}\] fd {child.stdout.fileno()}\b")

    def test_says_whether_the_shim_is_in(self):
        child = self.start("sh", "-c", "echo; read -r line", LD_PRELOAD=SHIM)
        child.stdout.readline()
        self.assertTrue(json.loads(self.ps("--json", str(child.pid)))["processes"][0]["shim"])
        self.assertIn("(under the shim)", self.ps(str(child.pid)))

    def test_all_are_shown_without_a_number(self):
        child = self.start("sh", "-c", "exec 7</dev/null; echo; read -r line")
        child.stdout.readline()
        processes = {one["pid"]: one for one in json.loads(self.ps("--json"))["processes"]}
        self.assertEqual([one["fd"] for one in processes[child.pid]["fds"]], [7])
        self.assertIn(os.getpid(), processes)
        self.assertIn(f"\n{child.pid} sh ", self.ps())

    def test_a_process_that_is_not_there_is_an_error_and_the_others_are_shown(self):
        result = self.cloexec("ps", "999999999", str(os.getpid()))
        self.assertEqual(result.returncode, 125)
        self.assertIn("process 999999999: no such process", result.stderr)
        self.assertIn(" of 1 processes\n", result.stdout)
        self.assertEqual(self.cloexec("ps", "nonsense").returncode, 125)


if __name__ == "__main__":
    unittest.main()
