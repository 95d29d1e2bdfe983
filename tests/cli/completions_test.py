#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What real shells offer behind `cloexec`, beside what its --help says that there is: an option, a value or a command
without a completion fails here. The shells find the completions where an install puts them."""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from support import CLOEXEC, PATH, CommandTest

CATALOGUE = pathlib.Path(__file__).resolve().parent.parent.parent / "catalogue" / "interposed.def"
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
COMMANDS = ["run", "audit", "ps", "seal", "policy check", "policy show", "policy explain", "policy suggest", "doctor", "unit", "path"]
WITH_PROGRAM = ["run", "audit"]
SERVICES = {"first.service", "second@.service"}


class Terminal:
    """An interactive shell whose line editor puts all that it would offer into the line, and then tells the line."""

    INSERT, TELL = b"\x18a", b"\x18b"  # C-x a, C-x b

    def __init__(self, argv, environment, folder):
        self.said = b""
        told = folder / "told"
        os.mkfifo(told)
        self.told = os.open(told, os.O_RDWR | os.O_CLOEXEC)
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(folder / "here")
            os.execve(argv[0], argv, {**environment, "TOLD": str(told)})
        self.read()

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.screen)
        os.close(self.told)

    def read(self):
        """What the shell tells, up to a NUL; what it shows meanwhile is read lest it waits."""
        line = b""
        until = time.monotonic() + 60
        while not line.endswith(b"\0"):
            ready, _, _ = select.select([self.told, self.screen], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise AssertionError(f"the shell tells nothing; it shows {self.said!r}")
            if self.screen in ready:
                self.said += os.read(self.screen, 65536)
            if self.told in ready:
                line += os.read(self.told, 65536)
        return line[:-1].decode()

    def line_after(self, text):
        os.write(self.screen, text.encode() + self.INSERT + self.TELL)
        return self.read()


class Completions(CommandTest):
    """What is asked of every shell."""

    completes_programs = True

    def setUp(self):
        super().setUp()
        self.prefix = self.folder / "prefix"
        subprocess.run(["cmake", "--install", os.path.join(os.environ["BUILD"], "completions"), "--prefix", self.prefix],
                       check=True, capture_output=True)
        here, programs = self.folder / "here", self.folder / "programs"
        (here / "shelf").mkdir(parents=True)
        (here / "some-file.json").touch()
        programs.mkdir()
        self.write_program(programs / "cloexec-neighbour", "")
        (programs / "cloexec").symlink_to(CLOEXEC)
        self.write_program(programs / "systemctl",
                           'test "$1" = list-unit-files && printf "%s enabled enabled\\n" ' + " ".join(sorted(SERVICES)))
        self.environment = {"PATH": f"{programs}:{PATH}", "HOME": str(self.folder), "TERM": "dumb", "LC_ALL": "C.UTF-8",
                            "XDG_DATA_DIRS": f"{self.prefix}/share:/usr/share", "XDG_CONFIG_HOME": str(self.folder)}
        self.start()

    def write_program(self, path, body):
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def expect_offer(self, line, words):
        """`words` and nothing else, each with or without the sign that its value begins with."""
        self.assertEqual({word.rstrip("=") for word in self.offered(line)}, set(words), line)

    def help(self, command):
        return self.cloexec(*command.split(), "--help").stdout

    def options(self, command):
        """All names of the options in --help, and what their values are: none for a switch."""
        found = {}
        for names, kind in re.findall(r"^  (-\S+)(?: (\S+))?", self.help(command), re.MULTILINE):
            found.update(dict.fromkeys(names.split(","), kind))
        self.assertIn("--help", found)
        return found

    def commands(self, command):
        return re.findall(r"^  (\w+)", self.help(command).split("ommands:\n")[1].split("\n\n")[0], re.MULTILINE)

    def test_commands(self):
        self.assertEqual({"run", "policy"} - set(self.commands("")), set())
        for command in ("", "policy "):
            self.expect_offer(f"cloexec {command}", self.commands(command))
        self.expect_offer("cloexec r", {"run"})
        self.expect_offer("cloexec policy s", {"show", "suggest"})

    def test_options(self):
        for command in ["", "policy", *COMMANDS]:
            self.expect_offer(f"cloexec {command} -".replace("  ", " "), self.options(command))

    def test_values_of_options(self):
        seen = set()
        for command in COMMANDS:
            for option, kind in self.options(command).items():
                if "|" in kind:
                    seen.add(option)
                    self.expect_offer(f"cloexec {command} {option} ", kind.split("|"))
                    values = {word.split("=")[-1] for word in self.offered(f"cloexec {command} {option}=")}
                    self.assertEqual(values, set(kind.split("|")))
        self.assertEqual(seen, {"--profile", "--mode", "--format"})

    def test_files(self):
        seen = set()
        for command in COMMANDS:
            for option, kind in self.options(command).items():
                if kind == "FILE":
                    seen.add(option)
                    self.expect_offer(f"cloexec {command} {option} some", {"some-file.json"})
        self.assertEqual(seen, {"--policy", "-o", "--output", "--baseline", "--write-baseline", "--audit"})
        for line in ("policy check some", "policy suggest some", "audit --policy=x --baseline some"):
            self.expect_offer(f"cloexec {line}", {"some-file.json"})

    def test_folders(self):
        self.assertEqual({word.rstrip("/") for word in self.offered("cloexec audit --source-root s")}, {"shelf"})

    def test_numbers_and_rules_are_the_users_own(self):
        for line in ("run --allow ", "run --rule ", "audit --records ", "unit --allow ", "ps --fail-above ", "ps --name "):
            self.expect_offer(f"cloexec {line}", set())

    def test_programs(self):
        for line in ("run ", "run -- ", "run --no-propagate -- ", "audit ", "audit --format json -- ", "doctor ",
                     "doctor --json ", "policy show --program "):
            self.expect_offer(f"cloexec {line}cloexec-neigh", {"cloexec-neighbour"})

    def test_arguments_of_programs(self):
        """What stands in front of the program is told from it, whichever options those are."""
        own = {"alpha", "alto"} if self.completes_programs else {"alley"}
        (self.folder / "here" / "alley").touch()
        for command in WITH_PROGRAM:
            lines = ["", "-- ", "--no-propagate -- "]
            for option, kind in self.options(command).items():
                if kind:
                    lines.append(f"{option} x ")
                    lines.append(f"{option} x --no-propagate -- ")
                    if option.startswith("--"):
                        lines.append(f"{option}=x ")
            for line in lines:
                self.expect_offer(f"cloexec {command} {line}cloexec-neighbour al", own)
                self.expect_offer(f"cloexec {command} {line}cloexec-neighbour -x -- al", own)

    def test_options_end_at_the_program(self):
        for line in ("run cloexec-neighbour --", "audit -- cloexec-neighbour --", "run cloexec-neighbour x --pro"):
            self.assertEqual([word for word in self.offered(f"cloexec {line}") if word.startswith("--")], [], line)

    def test_processes(self):
        me = str(os.getpid())
        self.assertIn(me, self.offered("cloexec ps "))
        self.assertIn(me, self.offered("cloexec ps 1 --json "))
        self.assertEqual([word for word in self.offered("cloexec ps ") if not word.isdecimal()], [])

    def test_services(self):
        self.expect_offer("cloexec unit ", SERVICES)
        self.expect_offer("cloexec unit --profile strict f", {"first.service"})
        self.expect_offer("cloexec ps --unit ", SERVICES)
        # Zsh offers options where nothing else is left.
        self.assertEqual([word for word in self.offered("cloexec unit first.service ") if word[0] != "-"], [])

    def test_users(self):
        self.assertIn("root", self.offered("cloexec ps --user "))
        self.assertEqual([word for word in self.offered("cloexec ps --user ro") if not word.startswith("ro")], [])

    def test_calls_are_those_of_the_catalogue(self):
        calls = set(re.findall(r"^X(?:_TIME64)?\((\w+),", CATALOGUE.read_text(), re.MULTILINE))
        self.assertGreater(len(calls), 100)
        self.expect_offer("cloexec policy explain ", calls)

    def test_facts(self):
        keys = set(re.findall(r"(\w+)=", self.help("policy explain").split("FACT")[2].split("Options:")[0]))
        self.assertEqual({"fd", "when"} - keys, set())
        self.assertEqual({word.split("=")[0] for word in self.offered("cloexec policy explain execve ")}, keys)
        for line, values in (("when=", {"child", "parent"}), ("when=c", {"child"}), ("announced=", {"yes", "no"}),
                             ("own=", {"yes", "no"}),
                             ("path=some", {"some-file.json"}), ("program=cloexec-neigh", {"cloexec-neighbour"}),
                             ("target=cloexec-neigh", {"cloexec-neighbour"})):
            self.assertEqual({word.split("=")[-1] for word in self.offered(f"cloexec policy explain execve fd=3 {line}")}, values)


class InTerminal(Completions):
    def offered(self, line):
        """The words that take the place of the last one."""
        kept = line.rpartition(" ")[2]
        words = self.terminal.line_after(line)[len(line) - len(kept):].split()
        # A line to which nothing was added had no offer.
        return [] if words == kept.split() else words


class BareBash(InTerminal):
    """Bash without bash-completion, also where /etc/bash.bashrc brings it."""

    completes_programs = False
    first_line = "complete -r; unset -f _command_offset _comp_command_offset"

    def start(self):
        settings = self.folder / "bashrc"
        settings.write_text(self.first_line + f"""
          [[ -n $(complete -p cloexec 2>/dev/null) ]] || source {self.prefix}/share/bash-completion/completions/cloexec
          bind -x '"\\C-xb": printf "%s\\0" "$READLINE_LINE" >"$TOLD"; READLINE_LINE=; READLINE_POINT=0'
          bind '"\\C-xa": insert-completions'
          printf '\\0' >"$TOLD"
        """)
        self.terminal = Terminal(["/bin/bash", "--noprofile", "--rcfile", str(settings), "-i"], self.environment, self.folder)
        self.addCleanup(self.terminal.close)


class Bash(BareBash):
    """Bash with bash-completion, which loads our file by itself."""

    completes_programs = True
    first_line = f"source {BASH_COMPLETION}; _completion_loader cloexec; complete -W 'alpha alto' cloexec-neighbour"


class Zsh(InTerminal):
    def start(self):
        (self.folder / ".zshrc").write_text(f"""
          fpath=({self.prefix}/share/zsh/*(/) $fpath)
          autoload -Uz compinit; compinit -D -u
          _neighbour() {{ compadd alpha alto }}; compdef _neighbour cloexec-neighbour
          zstyle ':completion:all-matches::::' completer _all_matches _complete
          zstyle ':completion:all-matches:*' insert true
          zle -C all-matches complete-word _generic
          tell() {{ printf '%s\\0' "$BUFFER" >"$TOLD"; BUFFER= }}
          zle -N tell
          bindkey '^Xa' all-matches
          bindkey '^Xb' tell
          zle-line-init() {{ zle -D zle-line-init; printf '\\0' >"$TOLD" }}
          zle -N zle-line-init
        """)
        self.terminal = Terminal(["/usr/bin/zsh", "-d", "-i"], {**self.environment, "ZDOTDIR": str(self.folder)}, self.folder)
        self.addCleanup(self.terminal.close)


class Fish(Completions):
    def start(self):
        """Fish is asked without a terminal."""

    def offered(self, line):
        script = "complete -c cloexec-neighbour -f -a 'alpha alto'; complete -C $argv[1]"
        done = subprocess.run(["fish", "-c", script, line], cwd=self.folder / "here", env=self.environment, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return [candidate.split("\t")[0] for candidate in done.stdout.splitlines()]


del Completions, InTerminal

if __name__ == "__main__":
    unittest.main()
