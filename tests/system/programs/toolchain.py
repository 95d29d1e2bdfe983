# SPDX-License-Identifier: Apache-2.0
"""What builds, and what keeps sources: each starts compilers, hooks and helpers, many at once."""
import socket
import subprocess

from programs.strangers import LIST
from programs.told import half_a_second, teller
from scenario import scenario

PROGRAM = "#include <stdio.h>\nint main(void) { puts(\"built\"); }\n"


@scenario("ccache", "gcc", "libc6-dev", seconds=60,
          does="a miss and a hit; the compiler's wrapper says something on the number of UNCACHED_ERR_FD")
def ccache(job):
    job.write("program.c", PROGRAM)
    wrapper = job.write("wrapper", '#!/bin/bash\necho "not cached" >&"$UNCACHED_ERR_FD"\nexec gcc "$@"\n', mode=0o755)
    around = {"CCACHE_DIR": str(job.directory / "cache"), "CCACHE_CONFIGPATH": "/dev/null"}
    said = []
    for _ in range(2):
        said.append(job.run("ccache", wrapper, "-c", "program.c", "-o", "program.o", environment=around).stderr)
    job.expect(said[0].count("not cached\n") >= 1 and said[1] == "", str(said))
    counts = job.run("ccache", "--print-stats", environment=around).stdout
    job.expect("direct_cache_hit\t1\n" in counts, counts)
    return "".join(said)


@scenario("ninja-build", "gcc", "libc6-dev", "python3", seconds=60,
          does="builds by 8 at once with depfiles and a console pool; counted: what these got")
def ninja(job):
    job.write("program.c", PROGRAM)
    job.write("list", LIST + 'print(*found)\n', mode=0o755)
    names = " ".join(f"o{number}" for number in range(20))
    job.write("build.ninja", "rule cc\n  command = ./list > $out.given; gcc -MD -MF $out.d -c $in -o $out\n  depfile = $out.d\n"
              "  deps = gcc\n"
              "rule link\n  command = ./list > $out.given; gcc $in -o $out\n  pool = console\n"
              + "".join(f"build o{number}: cc program.c\n" for number in range(20)) + "build program: link o0\n"
              + f"build all: phony program {names}\ndefault all\n")
    job.run("ninja", "-j8")
    arrived = [word for path in job.directory.glob("*.given") for word in path.read_text().split()]
    job.most_inheritable = len(arrived)
    job.expect("LD_PRELOAD" not in job.environment or not arrived, f"arrived: {arrived}")
    return job.run("./program").stdout + job.run("ninja", "-n").stdout


@scenario("distcc", "gcc", "libc6-dev", seconds=60,
          does="distccd compiles for distcc, with its preprocessor piped; 10 at once")
def distcc(job):
    port = job.port()
    job.start("distccd", "--no-detach", "--allow", "127.0.0.1", "--listen", "127.0.0.1", "-p", port, "--log-stderr", "-j", "4",
              "--enable-tcp-insecure", "--user", "nobody", environment={"TMPDIR": "/tmp"})
    job.wait_for_port(port)
    around = {"DISTCC_HOSTS": f"127.0.0.1:{port}/4,lzo", "DISTCC_FALLBACK": "0", "DISTCC_DIR": str(job.directory / "client")}
    (job.directory / "client").mkdir()
    job.write("program.c", PROGRAM)
    words = "for n in 1 2 3 4 5 6 7 8 9 10; do distcc gcc -c program.c -o o$n & done; wait; gcc o10 -o program; ls o* | wc -l"
    said = job.run("sh", "-c", words, environment=around).stdout
    job.count()
    return said + job.run("./program").stdout


@scenario("mercurial", "openssh-client", "python3", seconds=120,
          does="hooks, a filter, hg serve --stdio behind ui.ssh, chg's command server, which is handed its client's terminal")
def mercurial(job):
    around = {"HGPLAIN": "1", "HGUSER": "a", "HGRCPATH": "/dev/null", "CHGSOCKNAME": str(job.directory / "chg")}
    shell = job.write("shell", '#!/bin/sh\nshift\nexec sh -c "$*"\n', mode=0o755)
    said = job.run("sh", "-ec", f"""
hg init there
hg clone -q --config ui.ssh={shell} ssh://any/{job.directory}/there here
cd here
cat > .hg/hgrc <<X
[hooks]
pretxncommit = echo by a hook
[encode]
*.t = pipe: tr a-z A-Z
X
echo text > a.t
hg add a.t
hg commit -m first -d '0 0'
hg cat -r . a.t
hg push -q --config ui.ssh={shell} ssh://any/{job.directory}/there
chg log -T '{{desc}} {{author}}\\n'
chg cat -r . a.t | cat
""", environment=around).stdout
    job.count()
    return said


@scenario("subversion", "python3", seconds=60,
          does="svnserve in a tunnel of its client's, hooks; counted: what they got")
def subversion(job):
    job.run("svnadmin", "create", "store", bare=True)
    job.write("store/hooks/post-commit", LIST + f"""
print("all", *found, file=open("{job.directory}/out", "w"))
""", mode=0o755)
    job.write("config/config", "[tunnels]\nhere = sh -c 'exec svnserve -t'\n")
    words = ("--config-dir", job.directory / "config", "--non-interactive")
    where = f"svn+here://any{job.directory}/store"
    job.run("svn", "mkdir", *words, "-m", "first", f"{where}/folder")
    job.run("svn", "checkout", *words, where, "copy")
    job.write("copy/folder/file", "text\n")
    job.run("svn", "add", *words, "copy/folder/file")
    job.run("svn", "commit", *words, "-m", "second", "copy")
    arrived = (job.directory / "out").read_text().split()[1:]
    job.most_inheritable = len(arrived)
    job.expect("LD_PRELOAD" not in job.environment or not arrived, f"arrived: {arrived}")
    return job.run("svn", "cat", *words, f"{where}/folder/file").stdout


@scenario("gawk", seconds=30, does="a coprocess by pipes and on a terminal, pipes both ways, /dev/fd/N, system")
def gawk(job):
    job.write("program.awk", r"""
BEGIN {
  sorter = "sort"
  print "b" |& sorter; print "a" |& sorter; close(sorter, "to")
  while ((sorter |& getline line) > 0) print "sorted " line
  close(sorter)
  terminal = "test -t 0 && echo terminal; read -r line; echo \"got $line\""
  PROCINFO[terminal, "pty"] = 1
  print "typed" |& terminal
  while ((terminal |& getline line) > 0) { sub(/\r$/, "", line); if (line ~ /^(terminal|got)/) print line }
  "echo from a pipe" | getline line; print line
  print "to a pipe" | "cat 1>&2"; close("cat 1>&2")
  fflush(); system("echo by system; ls /proc/self/fd | wc -l")
  while ((getline line < "/dev/fd/7") > 0) print line
  print "to 8" > "/dev/fd/8"
}""")
    job.write("given", "from 7\n")
    done = job.run("sh", "-c", "gawk -f program.awk 7<given 8>written")
    return done.stdout + done.stderr + (job.directory / "written").read_text()


@scenario("ffmpeg", "gcc", "libc6-dev", seconds=60, does="ffplay plays fd:N and pipe:N of a C program")
def ffplay_told(job):
    half_a_second(job)
    around = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    said = job.run(teller(job), "r=sound.wav", "--", "ffplay", "-hide_banner", "-nodisp", "-autoexit", "-f", "wav", "pipe:%1",
                   environment=around).stderr
    job.expect("Audio: pcm_s16le" in said, said)


@scenario("s6", "python3", seconds=40, does="s6-log starts a processor for each full file; counted: what it got")
def s6_log_processor(job):
    """It keeps no state: its number for a new one, 5, was closed with s6-log 2.11, bare as well."""
    program = job.write("processor", LIST + """
import sys
print(len(found), sys.stdin.read()[0].upper())
""", mode=0o755)
    log = job.start("s6-log", "-b", f"!{program}", "n10", "s4096", "./logs", stdin=subprocess.PIPE)
    for letter in "abcd":
        log.stdin.write(letter.encode() * 4000 + b"\n")
        log.stdin.flush()
    log.stdin.close()
    job.expect(log.wait(20) == 0, job.log.read_text())
    said = [path.read_text().split() for path in sorted((job.directory / "logs").glob("@*.s"))]
    job.most_inheritable = sum(int(number) for number, _ in said)
    return " ".join(letter for _, letter in said)


@scenario("spawn-fcgi", "fcgiwrap", "python3", seconds=60,
          does="spawn-fcgi hands a socket on as 0 to four of fcgiwrap; a CGI script; counted: what it got")
def fcgiwrap(job):
    script = job.write("script", LIST + 'print("Content-Type: text/plain\\n")\nprint("given", *found)\n', mode=0o755)
    path = job.directory / "socket"
    job.start("spawn-fcgi", "-n", "-F", "1", "-s", path, "--", "/usr/sbin/fcgiwrap", "-c", "2")
    job.wait_for(path.is_socket, "the socket")

    def record(kind, content):
        return bytes([1, kind, 0, 1]) + len(content).to_bytes(2, "big") + bytes(2) + content
    pairs = {"SCRIPT_FILENAME": str(script), "REQUEST_METHOD": "GET"}
    words = b"".join(bytes([len(name), len(value)]) + (name + value).encode() for name, value in pairs.items())
    said = b""
    with socket.socket(socket.AF_UNIX) as client:
        job.wait_for(lambda: client.connect(str(path)) is None, "fcgiwrap")
        client.sendall(record(1, b"\0\1\0\0\0\0\0\0") + record(4, words) + record(4, b"") + record(5, b""))
        while data := client.recv(4096):
            said += data
    job.count()
    job.expect(b"given" in said, repr(said))
    arrived = said.split(b"given")[1].split(b"\n")[0].split()
    job.expect("LD_PRELOAD" not in job.environment or not arrived, f"arrived: {arrived}")
