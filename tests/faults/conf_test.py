# SPDX-License-Identifier: Apache-2.0
"""/etc/cloexec.conf as it should not be: every program, set-user-ID ones too, runs on with its descriptors forced, and one
line says what is wrong, unless there is nothing to read at all."""
import unittest

from support import FaultTest

CONF = "$root/etc/cloexec.conf"

# What is done to it, as whom the program runs, what the program's first two opens are, what is said.
CASES = {
    "rules": (f"echo 'exempt open fd=3' >{CONF}", "root", "01", None),
    "malformed": (f"printf 'exempt nonsense\\n\\377\\001\\nexempt open fd=3\\n' >{CONF}", "root", "01",
                  "/etc/cloexec.conf:1:8: unknown call 'nonsense'"),
    "malformed, its end missing": (f"printf 'exempt open fd=3\\nexempt open path=\"x' >{CONF}", "root", "01",
                                   "/etc/cloexec.conf:2:"),
    "huge": (f"printf 'exempt open\\n' >{CONF}; truncate -s 1T {CONF}", "root", "..", "/etc/cloexec.conf:"),
    "huge, of lines": (f"yes 'exempt open fd=3' | head -c 9000000 >{CONF}", "root", "..", "/etc/cloexec.conf:"),
    "empty": (f": >{CONF}", "root", "11", None),
    "FIFO": (f"mkfifo {CONF}", "root", "11", "/etc/cloexec.conf:1:1: not a regular file"),
    "directory": (f"mkdir {CONF}", "root", "11", "/etc/cloexec.conf:1:1: not a regular file"),
    "device": (f"mknod {CONF} c 1 5", "root", "11", "/etc/cloexec.conf:1:1: "),
    "terminal": (f"ln -s /dev/ptmx {CONF}", "root", "11", "/etc/cloexec.conf:1:1: not a regular file"),
    "socket": (f"python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"'{CONF}'\")'", "root", "11",
               "/etc/cloexec.conf:1:1: the file cannot be opened"),
    "loop of links": (f"ln -s cloexec.conf {CONF}", "root", "11", "/etc/cloexec.conf:1:1: the file cannot be opened"),
    "link to nowhere": (f"ln -s /nonexistent {CONF}", "root", "11", None),
    "link to a file without a size": (f"ln -s /proc/self/maps {CONF}", "root", "11", None),
    "below a file": (": >$root/etc/cloexec.d; ln -s cloexec.d/conf " + CONF, "root", "11",
                     "/etc/cloexec.conf:1:1: the file cannot be opened"),
    "unreadable": (f"echo 'exempt open' >{CONF}; chmod 600 {CONF}", "alice", "11",
                   "/etc/cloexec.conf:1:1: no permission to read the file"),
    "somebody else's": (f"echo 'exempt open' >{CONF}; chown nobody {CONF}", "root", "11",
                        "/etc/cloexec.conf:1:1: the file must belong to root"),
    # setpriv, which is root's when it starts, says so; the program takes it.
    "the user's own": (f"echo 'exempt open fd=3' >{CONF}; chown 4242 {CONF}", "alice", "01",
                       "/etc/cloexec.conf:1:1: the file must belong to root"),
    "writable by all": (f"echo 'exempt open' >{CONF}; chmod 666 {CONF}", "root", "11",
                        "/etc/cloexec.conf:1:1: the file must not be writable"),
}


def opened(flags):
    return "".join(f"open {number} {flag}\n" for number, flag in enumerate(flags, 3))


class Conf(FaultTest):
    def expect(self, program, user, change, flags, complaint):
        result = self.in_system(["timeout", "20", program, "open", "open"], change=change, user=user)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, f"^{opened(flags)}$".replace(" .\n", " [01]\n"))
        # Each of setpriv, timeout and the program says it, once.
        said = result.stderr.splitlines()
        if complaint is None:
            self.assertEqual(said, [])
        else:
            self.assertTrue(any(line.startswith(f"cloexec: {complaint}") for line in said), said)
            self.assertEqual([line for line in said if not line.startswith("cloexec: /etc/cloexec.conf:")], [])

    def test_every_program_goes_on(self):
        for name, (change, user, flags, complaint) in CASES.items():
            with self.subTest(name):
                self.expect("plain", user, change, flags, complaint)

    def test_set_user_id_programs_too(self):
        for name, (change, user, flags, complaint) in CASES.items():
            # As root they would not be AT_SECURE, and as root they can read it and do not own another user's.
            if user == "root":
                with self.subTest(name):
                    self.expect("of-user", "alice", change, flags, complaint)

    def test_that_changes_while_it_is_read(self):
        """Cut, grown, swapped for a FIFO, a directory and nothing: 300 programs start meanwhile."""
        changing = """
            conf=/etc/cloexec.conf
            while :; do
              yes 'exempt open fd=3' | head -n 3000 >$conf || :
              : >$conf; rm -f $conf; mkfifo $conf; rm -f $conf; mkdir $conf; rmdir $conf
              echo 'force open' >$conf.new; mv $conf.new $conf
            done 2>/dev/null &
            changer=$!
            i=0
            while [ $i -lt 300 ]; do plain open || echo "status $?"; i=$((i + 1)); done
            kill $changer
            """
        result = self.in_system(["sh", "-c", changing])
        self.assertEqual(result.returncode, 0, result.stderr[-400:])
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), 300)
        self.assertEqual(set(lines) - {"open 3 0", "open 3 1"}, set())
        ours = [line for line in result.stderr.splitlines() if not line.startswith("cloexec: /etc/cloexec.conf:")]
        self.assertEqual([line for line in ours if "Terminated" not in line], [])


if __name__ == "__main__":
    unittest.main()
