# SPDX-License-Identifier: Apache-2.0
"""Programs that run others on a pseudo-terminal."""
import subprocess

from scenario import scenario


@scenario("tmux", does="a session runs a command; send-keys, capture-pane, pipe-pane, run-shell", quick=True,
          seconds=40)
def tmux(job):
    def ask(*words):
        return job.run("tmux", "-S", "socket", "-f", "/dev/null", *words).stdout
    ask("new-session", "-d", "-s", "one", "-x", "80", "-y", "24", "cat; echo cat has ended; read line")
    ask("pipe-pane", "cat > piped")
    ask("send-keys", "typed", "Enter")
    job.wait_for(lambda: ask("capture-pane", "-p").count("typed") == 2, "what cat says")
    job.wait_for(lambda: "typed" in (job.directory / "piped").read_text(), "the piped pane")
    job.count()
    ask("send-keys", "C-d")
    job.wait_for(lambda: "cat has ended" in ask("capture-pane", "-p"), "the end")
    ask("split-window", "-d", "tty > terminal; sleep 60")
    terminal = job.wait_for((job.directory / "terminal").read_text, "the second pane")
    job.expect(terminal.startswith("/dev/pts/"), terminal)
    said = ask("run-shell", "echo by run-shell") + ask("display-message", "-p", "#{window_panes} panes")
    ask("kill-server")
    return said


@scenario("screen", does="a detached session runs a command, takes input, and writes its log", quick=True, seconds=40)
def screen(job):
    directory = job.directory / "screens"
    directory.mkdir(mode=0o700)
    around = {"SCREENDIR": str(directory)}
    log = job.directory / "logged"
    job.write("screenrc", "logfile logged\nlogfile flush 0\nlog on\nstartup_message off\n")
    job.run("screen", "-c", "screenrc", "-L", "-dmS", "one", "sh", "-c", "tty; cat; echo cat has ended; sleep 60",
            environment=around)
    job.wait_for(lambda: "/dev/pts/" in log.read_text(), "the session")
    job.run("screen", "-S", "one", "-X", "stuff", "typed\n", environment=around)
    job.wait_for(lambda: log.read_text().count("typed") == 2, "what cat says")
    job.count()
    job.run("screen", "-S", "one", "-X", "stuff", "\x04", environment=around)
    job.wait_for(lambda: "cat has ended" in log.read_text(), "the end")
    said = job.run("screen", "-ls", environment=around, check=False).stdout
    job.expect(".one" in said, said)
    job.run("screen", "-S", "one", "-X", "quit", environment=around)


@scenario("bsdutils", does="script runs a command on a terminal, records it, and returns its status", quick=True,
          seconds=30)
def script(job):
    done = job.run("script", "-qec", "test -t 1 && echo a terminal; cat; exit 5", "-O", "record", "-T", "times",
                   check=False, input="typed\n\x04")
    record = (job.directory / "record").read_text()
    job.expect(done.returncode == 5 and "a terminal" in done.stdout and "typed" in record, f"{done} {record}")
    job.expect(len((job.directory / "times").read_text().splitlines()) > 0, "no times")


@scenario("expect", does="spawn, expect, send, wait; a shell, a pipeline by spawn -open, system, exec", quick=True,
          seconds=40)
def expect(job):
    said = job.run("expect", job.write("program.exp", r"""
log_user 0
set timeout 20
proc awaited {what} { expect -re $what { puts "got $expect_out(0,string)" } timeout { puts timeout } eof { puts eof } }
spawn sh -c {stty -echo; echo ready; read line; echo "line: $line"; exit 4}
awaited ready
send "typed\r"
awaited {line: typed}
awaited nothing
puts [lindex [wait] 3]
spawn -open [open {|tr a-z A-Z} r+]
send "piped\n"
puts [llength [exp_pid]]
spawn -noecho sh -c {stty -echo; exec sh 2>/dev/null}
send "echo number \$((6 * 7))\r"
awaited {number 42}
send "exec 9>&1; echo nine >&9\r"
awaited {nine\r}
send "exit\r"
awaited never
system echo by system
puts [exec echo by exec]
""")).stdout
    job.expect(said.replace("\r", "") == """got ready
got line: typed
eof
4
1
got number 42
got nine
eof
by system
by exec
""", said)
    return said


@scenario("expect", "bsdutils", does="interact joins a terminal to a program", quick=True, seconds=40)
def expect_interact(job):
    job.write("program.exp", r"""
spawn -noecho sh -c {read line; echo "line: $line"; read line; echo end}
interact "magic" { send "sent for magic\r" }
""")
    said = job.run("script", "-qec", "expect program.exp", "/dev/null", input="typed\nmagic", timeout=30).stdout
    job.expect("line: typed" in said and "sent for magic" in said and "end" in said, said)


@scenario("mc", "bash", "bsdutils", quick=True, seconds=150,
          does="its panels follow a cd in the shell beside them, and the other way round")
def mc(job):
    job.write("outer/inner/deepest", "")
    home = {"HOME": str(job.directory / "home"), "SHELL": "/bin/bash", "TERM": "xterm"}
    (job.directory / "home").mkdir()
    terminal = job.start("script", "-qfec", f"stty rows 25 cols 80; exec mc -x -P {job.directory}/last", "screen",
                         environment=home, stdin=subprocess.PIPE)

    def types(keys):
        terminal.stdin.write(keys.encode())
        terminal.stdin.flush()

    def shows(text, since=0):
        screen = job.directory / "screen"
        job.wait_for(lambda: text in screen.read_text(errors="replace")[since:], f"{text!r} on the screen")
        return len(screen.read_text(errors="replace"))

    shows("outer")
    types("cd outer\r")
    shown = shows("inner")
    types("\x0f")
    shown = shows("\x1b[?1049l", shown)
    types("cd inner\r\x0f")
    shows("deepest", shown)
    types("\x1b[21~\r")
    terminal.wait(20)
    last = (job.directory / "last").read_text()
    job.expect(last == str(job.directory / "outer/inner"), last)
