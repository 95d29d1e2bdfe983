#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec ps`: what it says of descriptors of every kind, of processes that it may not read, and of those that end."""
import fcntl
import json
import os
import pty
import pwd
import re
import shutil
import struct
import subprocess
import sys
import termios
import unittest

from host import Host
from support import CLOEXEC, PATH, SHIM, CommandTest


class Ps(CommandTest):
    def comm(self, pid):
        with open(f"/proc/{pid}/comm") as file:
            return file.read()[:-1]

    def shown(self, *pids):
        """The processes by PID, from JSON."""
        result = self.cloexec("ps", *map(str, pids), "--json")
        self.expect(result, 0, errors="")
        report = json.loads(result.stdout)
        self.assertEqual((list(report), report["version"]), (["version", "processes", "unreadable", "hidden"], 1))
        for process in report["processes"]:
            keys = ["pid", "ppid", "comm", "exe", "uid", "user", "unit", "user_unit", "shim", "shim_files", "shim_replaced",
                    "settings", "secure", "starts_secure", "fds"]
            sometimes = ("user_unit", "secure", "starts_secure")
            if not process["shim"]:
                keys = [key for key in keys if key not in ("shim_replaced", "settings")]
            self.assertEqual(list(process), [key for key in keys if key not in sometimes or key in process])
        return {process["pid"]: process for process in report["processes"]}

    def fds(self, host):
        """(object, target) by the names that `host` kept them under; that there are no others, too."""
        names = {number: name for name, number in host.fds.items()}
        fds = self.shown(host.pid)[host.pid]["fds"]
        for one in fds:
            self.assertEqual(list(one), ["fd", "object", "target"])
        self.assertEqual(sorted(one["fd"] for one in fds), sorted(names))
        self.assertEqual([one["fd"] for one in fds], sorted(names), "in order")
        return {names[one["fd"]]: (one["object"], one["target"]) for one in fds}

    def owner(self, host):
        """The line below the heading; which unit the tests are in depends on who runs them."""
        process = self.shown(host.pid)[host.pid]
        units = " / ".join(unit for unit in (process["unit"], process.get("user_unit")) if unit)
        return ", ".join([units] * bool(units) + [f"user {pwd.getpwuid(os.geteuid()).pw_name}"])

    def test_files(self):
        host = Host(self, """
keep("file", open("plain", "w"))
keep("deleted", open("removed", "w"))
os.unlink("removed")
keep("newline", open("two\\nlines", "w"))
keep("directory", os.open(".", os.O_RDONLY))
keep("device", open("/dev/null"))
os.mkfifo("fifo")
keep("fifo", os.open("fifo", os.O_RDWR))
not_kept = open("plain")
os.set_inheritable(0, True)
""")
        self.assertEqual(self.fds(host), {
            "file": ("file", f"{self.folder}/plain"),
            "deleted": ("file", f"{self.folder}/removed (deleted)"),
            "newline": ("file", f"{self.folder}/two\nlines"),
            "directory": ("directory", str(self.folder)),
            "device": ("device", "/dev/null"),
            "fifo": ("pipe", f"{self.folder}/fifo")})
        process = self.shown(host.pid)[host.pid]
        self.assertEqual((process["comm"], process["exe"], process["shim"]),
                         (self.comm(host.pid), os.path.realpath(sys.executable), False))

    def test_what_has_no_path(self):
        host = Host(self, """
keep("event", os.eventfd(0))
keep("epoll", select.epoll())
keep("memory", os.memfd_create("scratch"))
keep("namespace", os.open("/proc/self/ns/net", os.O_RDONLY))
not_kept = os.eventfd(0)
""")
        self.assertEqual(self.fds(host), {
            "event": ("eventfd", "anon_inode:[eventfd]"),
            "epoll": ("eventpoll", "anon_inode:[eventpoll]"),
            "memory": ("memfd", "/memfd:scratch (deleted)"),
            "namespace": ("net", host.link("namespace"))})

    def test_peers_of_pseudoterminals(self):
        """What F_GETFL goes on to show of TIOCGPTPEER hides the flag's clearing: docs/limitations.md."""
        host = Host(self, """
controller, terminal = os.openpty()
keep("terminal", terminal)
def peer(name, flags): keep(name, libc.ioctl(controller, 0x5441, os.O_RDWR | os.O_NOCTTY | flags))  # TIOCGPTPEER
peer("peer", 0)
peer("marked", os.O_CLOEXEC)
""")
        with open(f"/proc/{host.pid}/fdinfo/{host.fds['marked']}") as info:
            is_hidden = int(info.read().split()[3], 8) & os.O_CLOEXEC
        link = host.link("marked")
        if is_hidden:
            del host.fds["marked"]
        self.assertEqual(self.fds(host), {name: ("device", link) for name in host.fds})

    def test_sockets(self):
        host = Host(self, """
server = keep("listening", socket.create_server(("127.0.0.1", 0)))
client = keep("client", socket.create_connection(server.getsockname()))
keep("accepted", server.accept()[0])
keep("udp", socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", 0))
keep("unbound", socket.socket())
unix = keep("unix", socket.socket(socket.AF_UNIX))
unix.bind("un ix.sock")
unix.listen()
keep("newline", socket.socket(socket.AF_UNIX)).bind("two\\nlines")
keep("abstract", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind("\\0hidden-" + str(os.getpid()))
keep("pair", socket.socketpair()[0])
keep("netlink", socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
kept["port"], kept["peer"], kept["datagram"] = (one.getsockname()[1] for one in (server, client, objects[3]))
""")
        port, peer, datagram = (host.fds.pop(name) for name in ("port", "peer", "datagram"))
        texts = {"listening": f"tcp 127.0.0.1:{port} (listening)",
                 "client": f"tcp 127.0.0.1:{peer} -> 127.0.0.1:{port}",
                 "accepted": f"tcp 127.0.0.1:{port} -> 127.0.0.1:{peer}",
                 "udp": f"udp 127.0.0.1:{datagram}", "unbound": "tcp", "unix": "unix un ix.sock (listening)",
                 "newline": "unix two\nlines", "abstract": f"unix @hidden-{host.pid}", "pair": "unix",
                 "netlink": "netlink"}
        self.assertEqual(self.fds(host), {name: ("socket", f"{text} {host.link(name)}")
                                          for name, text in texts.items()})

    def test_sockets_of_version_6(self):
        try:
            host = Host(self, """
server = keep("listening", socket.create_server(("::1", 0), family=socket.AF_INET6))
keep("client", socket.create_connection(server.getsockname()[:2]))
keep("unbound", socket.socket(socket.AF_INET6))
kept["port"], kept["peer"] = server.getsockname()[1], objects[1].getsockname()[1]
""", stderr=subprocess.DEVNULL)
        except json.JSONDecodeError:
            self.skipTest("there is no ::1 here")
        port, peer = host.fds.pop("port"), host.fds.pop("peer")
        self.assertEqual(self.fds(host), {
            "listening": ("socket", f"tcp [::1]:{port} (listening) {host.link('listening')}"),
            "client": ("socket", f"tcp [::1]:{peer} -> [::1]:{port} {host.link('client')}"),
            "unbound": ("socket", f"tcp {host.link('unbound')}")})

    def test_sockets_of_another_network_namespace(self):
        code = """
if libc.unshare(0x40000000) != 0: sys.exit()  # CLONE_NEWNET
server = keep("server", socket.create_server(("0.0.0.0", 4711)))
"""
        try:
            hosts = Host(self, code), Host(self, code)
        except json.JSONDecodeError:
            self.skipTest("no right to make a network namespace")
        shown = self.shown(*(host.pid for host in hosts))
        for host in hosts:
            self.assertEqual([one["target"] for one in shown[host.pid]["fds"]],
                             [f"tcp 0.0.0.0:4711 (listening) {host.link('server')}"])

    def test_pipes_with_their_other_ends(self):
        reading, writing = os.pipe()
        writer = Host(self, f"keep('end', {writing})", pass_fds=[writing])
        reader = Host(self, f"keep('end', {reading})", pass_fds=[reading])
        link = writer.link("end")
        # Holders are sought among all processes, however few are asked for, and are inheritable or not.
        name = self.comm(reader.pid)
        # By process id, which need not be the order of their starts.
        holders = ", ".join(f"{reading} of {self.comm(pid)}[{pid}]" for pid in sorted([os.getpid(), reader.pid]))
        self.assertEqual(self.fds(writer)["end"], ("pipe", f"{link} write end; the other end is {holders}"))
        os.close(reading)
        os.close(writing)
        self.assertEqual(self.fds(reader)["end"], ("pipe", f"{link} read end; the other end is {writing} of "
                         f"{name}[{writer.pid}]"))
        writer.end()
        self.assertEqual(self.fds(reader)["end"],
                         ("pipe", f"{link} read end; no process that may be read has the other end"))

    def test_pipes_that_many_hold(self):
        host = Host(self, """
reading, writing = os.pipe()
keep("end", writing)
for _ in range(5): os.dup(reading)
os.close(reading)
keep("both", os.open(f"/proc/self/fd/{writing}", os.O_RDWR))
""")
        ends = self.fds(host)
        self.assertEqual(ends["both"], ("pipe", f"{host.link('both')} both ends"))
        self.assertRegex(ends["end"][1], r"^pipe:\[\d+\] write end; the other end is "
                         rf"(\d+ of [^ ]+\[{host.pid}\](, )?){{3}} and 3 more$")

    def test_whether_the_shim_is_in(self):
        environment = {"PATH": PATH, "CLOEXEC_POLICY_FILE": self.nothing}
        library = self.folder / "libcloexec.so"
        shutil.copyfile(SHIM, library)
        near = self.folder / "libcloexec.so.txt"
        near.write_bytes(b"x" * 4096)
        with_shim = Host(self, "", env={**environment, "LD_PRELOAD": SHIM})
        replaced = Host(self, "", env={**environment, "LD_PRELOAD": str(library)})
        library.unlink()
        without = Host(self, "import mmap\nm = mmap.mmap(os.open('libcloexec.so.txt', 0), 0, prot=mmap.PROT_READ)",
                       env=environment)
        hosts = with_shim, replaced, without
        shown = self.shown(*(host.pid for host in hosts))
        self.assertEqual([shown[host.pid]["shim"] for host in hosts], [True, True, False])
        self.assertEqual([shown[host.pid]["shim_files"] for host in hosts], [[SHIM], [f"{library} (deleted)"], []])
        text = self.cloexec("ps", *(str(host.pid) for host in hosts)).stdout
        self.assertEqual(text.splitlines()[0], "0 inheritable descriptors in 0 of 3 processes; the shim is in 2")
        self.assertEqual(text.splitlines()[1], "its file was replaced or removed since in 1; a restart takes what is there now")
        python = os.path.realpath(sys.executable)
        self.assertIn(f"[{with_shim.pid}] {python}, with the shim\n  ", text)
        self.assertEqual(text.count("\n  nothing inheritable\n"), 3)
        self.assertIn(f"[{without.pid}] {python}, without the shim\n", text)

    def test_several_copies_of_the_shim(self):
        environment = {"PATH": PATH, "CLOEXEC_POLICY_FILE": self.nothing}
        paths = [self.folder / name / "libcloexec.so" for name in ("a", "b", "b again")]
        for path in paths:
            path.parent.mkdir()
        for path in paths[:2]:
            shutil.copyfile(SHIM, path)
        paths[2].hardlink_to(paths[1])  # ld.so knows a file again by its inode
        copies = Host(self, "", env={**environment, "LD_PRELOAD": ":".join(map(str, paths[:2]))})
        one_file = Host(self, "", env={**environment, "LD_LIBRARY_PATH": str(paths[2].parent),
                                       "LD_PRELOAD": f"{paths[1]}:libcloexec.so"})
        shown = self.shown(copies.pid, one_file.pid)
        self.assertEqual(sorted(shown[copies.pid]["shim_files"]), [str(path) for path in paths[:2]])
        self.assertEqual(shown[one_file.pid]["shim_files"], [str(paths[1])])
        text = self.cloexec("ps", str(copies.pid), str(one_file.pid)).stdout
        self.assertEqual(text.splitlines()[:2], [
            "0 inheritable descriptors in 0 of 2 processes; the shim is in 2",
            "more than one copy of it is in 1; the one that was loaded first is at work"])
        python = os.path.realpath(sys.executable)
        listed = ", ".join(shown[copies.pid]["shim_files"])
        self.assertIn(f"[{copies.pid}] {python}, with the shim in 2 copies: {listed}\n", text)
        self.assertIn(f"[{one_file.pid}] {python}, with the shim\n", text)

    def test_text(self):
        host = Host(self, """
keep("file", open("plain", "w"))
keep("event", os.eventfd(0))
""")
        file, event = host.fds["file"], host.fds["event"]
        self.expect(self.cloexec("ps", str(host.pid), str(host.pid)), 0, f"""\
2 inheritable descriptors in 1 of 1 process; the shim is in 0

{self.comm(host.pid)}[{host.pid}] {os.path.realpath(sys.executable)}, without the shim
  {self.owner(host)}
  FD  OBJECT   TARGET
  {file:>2}  file     {self.folder}/plain
  {event:>2}  eventfd  anon_inode:[eventfd]
""", "")

    def test_names_are_harmless(self):
        host = Host(self, """
libc.prctl(15, b"\\x1b[31m\\n) Z", 0, 0, 0)  # PR_SET_NAME; in /proc/PID/stat it looks as if it had ended
keep("file", open("\\x1b]0;title\\x07", "w"))
keep("bytes", open(b"\\xff\\xc2\\x9b31m", "w"))
keep("escape", open(r"\\xff", "w"))
keep("turned", open("\\u202egnp.exe", "w"))
""")
        self.assertEqual(self.shown(host.pid)[host.pid]["comm"], "\x1b[31m\n) Z")
        # No byte is lost, and what is read cannot be mistaken for another name.
        self.assertEqual(self.fds(host)["bytes"], ("file", f"{self.folder}/\\xff\x9b31m"))
        self.assertEqual(self.fds(host)["escape"], ("file", f"{self.folder}/\\\\xff"))
        text = self.cloexec("ps", str(host.pid)).stdout
        self.assertIn(f"?[31m?) Z[{host.pid}] ", text)
        self.assertIn("/?]0;title?\n", text)
        self.assertNotIn("\x1b", text)
        self.assertIn("/\ufffd?31m\n", text)
        self.assertIn("/?gnp.exe\n", text)

    def on_a_terminal(self, columns, *arguments, **variables):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 25, columns, 0, 0))
        with subprocess.Popen([CLOEXEC, "ps", *arguments], stdout=theirs, stdin=subprocess.DEVNULL,
                              env={"PATH": PATH, "TERM": "xterm", **variables}) as process:
            os.close(theirs)
            seen = b""
            while True:
                try:
                    block = os.read(ours, 4096)
                except OSError:  # EIO: nobody has the other end any more
                    break
                seen += block
            os.close(ours)
            self.assertEqual(process.wait(), 0)
        return seen.decode().replace("\r\n", "\n")

    def test_fits_the_terminal(self):
        names = "blank " * 20, "ü" * 100
        host = Host(self, f"for name in {names!r}: keep(name, open(name, 'w'))")
        seen = self.on_a_terminal(60, str(host.pid))
        self.assertIn("\x1b[1m", seen)
        table = seen.split("TARGET\n")[1]
        for line in table.splitlines():
            self.assertLessEqual(len(line), 60)
        joined = re.sub(r"\n {14}", "", table)
        self.assertIn("ü" * 100, joined)
        self.assertEqual(table.count("blank"), 20)
        self.assertNotIn("\x1b", self.on_a_terminal(60, str(host.pid), NO_COLOR="1"))
        # For other programs there is one line each.
        self.assertIn(f"{self.folder}/{names[0]}\n", self.cloexec("ps", str(host.pid)).stdout)

    def test_all_processes(self):
        with_some = Host(self, "keep('event', os.eventfd(0))")
        with_none = Host(self, "")
        shown = self.shown()
        self.assertEqual([one["object"] for one in shown[with_some.pid]["fds"]], ["eventfd"])
        self.assertEqual(shown[with_none.pid]["fds"], [])
        self.assertEqual(list(shown), sorted(shown))
        for pid in shown:
            if os.path.exists(f"/proc/{pid}/stat"):
                self.assertFalse(self.is_of_kernel(pid), pid)
        text = self.cloexec("ps").stdout
        self.assertIn(f"[{with_some.pid}]", text)
        self.assertNotIn(f"[{with_none.pid}]", text)

    def is_of_kernel(self, pid):
        try:
            with open(f"/proc/{pid}/stat") as file:
                return int(file.read().rpartition(")")[2].split()[6]) & 0x00200000 != 0  # PF_KTHREAD
        except OSError:
            return False

    def test_processes_that_end_meanwhile(self):
        storm = subprocess.Popen(["/bin/sh", "-c", "while :; do /bin/true & /bin/true; done"],
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(storm.wait)
        self.addCleanup(storm.kill)
        for _ in range(12):
            self.expect(self.cloexec("ps"), 0, errors="")

    def test_what_cannot_be_shown(self):
        host = Host(self, "keep('event', os.eventfd(0))")
        ended = subprocess.Popen(["true"])
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        self.addCleanup(ended.wait)
        absent = "4194305"  # beyond the kernel's PID_MAX_LIMIT
        result = self.cloexec("ps", absent, str(host.pid), str(ended.pid), "--json")
        self.expect(result, 125)
        self.assertEqual([one["pid"] for one in json.loads(result.stdout)["processes"]], [host.pid])
        self.assertIn(f"there is no process {absent}\n  `cloexec ps` lists", result.stderr)
        self.assertIn(f"process {ended.pid} (true) has ended\n", result.stderr)
        self.expect(self.cloexec("ps", absent), 125, "")
        if self.is_of_kernel(2):
            result = self.cloexec("ps", "2", str(host.pid))
            self.expect(result, 125)
            self.assertIn("process 2 (kthreadd) is a thread of the kernel\n", result.stderr)
            self.assertIn(f"[{host.pid}]", result.stdout)
        for wrong in ("0", "-1", "x", "12x", "", "99999999999"):
            self.expect(self.cloexec("ps", wrong), 125, "",
                        f"cloexec: a PID is a positive number, not '{wrong}'\n  try `cloexec ps --help`\n")

    def test_processes_of_other_users(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        command = self.folder / "cloexec"
        shutil.copy(CLOEXEC, command)
        self.folder.chmod(0o755)
        host = Host(self, "keep('event', os.eventfd(0))")

        def as_nobody(*arguments):
            return subprocess.run([command, "ps", *arguments], user=65534, group=65534, extra_groups=[],
                                  env={"PATH": PATH}, capture_output=True, text=True, timeout=60)
        result = as_nobody(str(host.pid))
        self.expect(result, 125, "")
        self.assertRegex(result.stderr, rf"process {host.pid} \(.*\) may not be read\n  try as root")
        result = as_nobody()
        self.expect(result, 0, errors="")
        self.assertRegex(result.stdout, r"\n\d+ more may not be read by this user\n")
        self.assertNotIn(f"[{host.pid}]", result.stdout)

    def test_reads_the_sockets_of_a_namespace_once(self):
        hosts = [Host(self, "for i in range(300): keep(str(i), socket.socketpair()[0])") for _ in range(3)]
        log = self.folder / "log"
        # LeakSanitizer traces the process itself, which only one can.
        result = self.cloexec("-o", log, "-e", "trace=openat", CLOEXEC, "ps", *(str(host.pid) for host in hosts),
                              command="strace", ASAN_OPTIONS="detect_leaks=0")
        self.expect(result, 0)
        self.assertEqual(result.stdout.count("unix socket:["), 900)
        self.assertEqual(log.read_text().count(', "unix", '), 1)


if __name__ == "__main__":
    unittest.main()
