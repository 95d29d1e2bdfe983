# SPDX-License-Identifier: Apache-2.0
"""Programs that are told a number. Who starts them opens the file plainly, and it is there only because of the word."""
import contextlib
import json
import os
import re
import socket
import struct
import subprocess
import urllib.request
import wave

from scenario import scenario

# tell OPENS... [NAME=VALUE...] -- PROGRAM ARG...: opens, and starts the program with %1 for the first one's number.
TELL = r"""
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int numbers[10];

static int listen_at(const char *port) {
  const struct sockaddr_in name = {
      .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  return bind(fd, (const struct sockaddr *)&name, sizeof name) == 0 && listen(fd, 5) == 0 ? fd : -1;
}

static int connect_to(const char *path) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path, path, sizeof name.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  return connect(fd, (const struct sockaddr *)&name, sizeof name) == 0 ? fd : -1;
}

/* What is opened, by the word's first letter. */
static int opened(const char *word) {
  switch (word[0]) {
    case 'r': return open(word + 2, O_RDONLY);
    case 'w': return open(word + 2, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    case 'b': return open(word + 2, O_RDWR);
    case 'l': return listen_at(word + 2);
    default: return connect_to(word + 2);
  }
}

/* The word with the numbers in place of the marks. */
static char *told(const char *word) {
  char text[4096];
  char *end = text;
  for (; *word != '\0' && end < text + sizeof text - 16; ++word) {
    if (word[0] == '%' && word[1] >= '0' && word[1] <= '9') {
      const int mark = *++word - '0';
      end += sprintf(end, "%d", mark == 0 ? getpid() : numbers[mark]);
    } else {
      *end++ = *word;
    }
  }
  *end = '\0';
  return strdup(text);
}

int main(int argc, char **argv) {
  int next = 1;
  for (int count = 0; argv[next][1] == '='; ++next) {
    numbers[++count] = opened(argv[next]);
    if (numbers[count] < 0) { perror(argv[next]); return 125; }
  }
  const pid_t child = fork();
  if (child == 0) {
    for (; strcmp(argv[next], "--") != 0; ++next) { putenv(told(argv[next])); }
    for (int i = ++next; i < argc; ++i) { argv[i] = told(argv[i]); }
    execvp(argv[next], argv + next);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
"""


def teller(job):
    job.run("gcc", "-O1", "-o", "tell", job.write("tell.c", TELL), bare=True)
    return job.directory / "tell"


@scenario("gnupg", "gcc", "libc6-dev", does="--passphrase-fd N and --status-fd=N of a C program", quick=True, seconds=60)
def gpg_told(job):
    tell = teller(job)
    job.write("secret", "secret\n")
    (job.directory / "home").mkdir(mode=0o700)
    job.run(tell, "r=secret", "w=status", "--", "gpg", "--homedir", job.directory / "home", "--batch", "--pinentry-mode",
            "loopback", "--passphrase-fd", "%1", "--status-fd=%2", "--symmetric", "-o", "out", job.write("text", "text"))
    said = (job.directory / "status").read_text()
    job.expect("END_ENCRYPTION" in said, said)


@scenario("openssl", "gcc", "libc6-dev", does="-pass and -passin fd:N of a C program", quick=True, seconds=30)
def openssl_told(job):
    tell = teller(job)
    job.write("secret", "secret\n")
    job.write("text", "a text\n")
    words = ("openssl", "enc", "-aes-128-cbc", "-pbkdf2", "-pass", "fd:%1")
    job.run(tell, "r=secret", "--", *words, "-in", "text", "-out", "encrypted")
    job.run(tell, "r=secret", "--", "openssl", "genpkey", "-algorithm", "ed25519", "-aes128", "-pass", "fd:%1", "-out",
            "key")
    said = job.run(tell, "r=secret", "--", "openssl", "pkey", "-in", "key", "-passin", "fd:%1", "-noout", "-text_pub").stdout
    job.expect(said.startswith("ED25519 Public-Key"), said)
    return job.run(tell, "r=secret", "--", *words, "-d", "-in", "encrypted").stdout


def half_a_second(job):
    with wave.open(str(job.directory / "sound.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))


@scenario("mpv", "gcc", "libc6-dev", does="plays fd://N and fdclose://N of a C program", quick=True, seconds=60)
def mpv_told(job):
    tell = teller(job)
    half_a_second(job)
    words = ("--", "mpv", "--no-config", "--vo=null", "--ao=null", "--untimed")
    said = [job.run(tell, "r=sound.wav", *words, f"{how}://%1").stdout for how in ("fd", "fdclose")]
    job.expect(all("Audio" in each and "End of file" in each for each in said), str(said))


@scenario("ffmpeg", "gcc", "libc6-dev", does="reads pipe:N and writes to pipe:M of a C program", quick=True, seconds=60)
def ffmpeg_told(job):
    tell = teller(job)
    half_a_second(job)
    job.run(tell, "r=sound.wav", "w=out", "--", "ffmpeg", "-hide_banner", "-loglevel", "error", "-i", "pipe:%1",
            "-f", "s16le", "pipe:%2")
    job.expect((job.directory / "out").stat().st_size == 8000, "the sound did not come through")


@scenario("bubblewrap", "gcc", "libc6-dev", does="--args N, --file N and --info-fd N of a C program", quick=True, seconds=30)
def bwrap_told(job):
    tell = teller(job)
    job.write("arguments", "\0".join(["--ro-bind", "/", "/", "--tmpfs", "/tmp", "--proc", "/proc", ""]))
    job.write("given", "a file\n")
    said = job.run(tell, "r=arguments", "r=given", "w=info", "--", "bwrap", "--args", "%1", "--file", "%2", "/tmp/given",
                   "--info-fd", "%3", "cat", "/tmp/given").stdout
    job.expect('"child-pid"' in (job.directory / "info").read_text(), "no information")
    return said


@scenario("dbus-daemon", "dbus-bin", "gcc", "libc6-dev", quick=True, seconds=60,
          does="--print-address N and --print-pid=N of a C program")
def dbus_daemon_told(job):
    tell = teller(job)
    job.start(tell, "w=address", "w=pid", "--", "dbus-daemon", "--session", "--nofork",
              f"--address=unix:path={job.directory}/bus", "--print-address", "%1", "--print-pid=%2")
    address = job.wait_for(lambda: (job.directory / "address").read_text().strip(), "the address")
    pid = int(job.wait_for((job.directory / "pid").read_text, "the process id"))
    job.expect(os.readlink(f"/proc/{pid}/exe").endswith("/dbus-daemon"), f"{pid} is something else")
    job.run("dbus-send", f"--bus={address}", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetId")


@scenario("xvfb", "x11-utils", "gcc", "libc6-dev", does="Xvfb -displayfd N of a C program", quick=True, seconds=40)
def xvfb_told(job):
    job.start(teller(job), "w=display", "--", "Xvfb", "-displayfd", "%1", "-screen", "0", "320x200x24", "-nolisten", "tcp")
    display = job.wait_for(lambda: (job.directory / "display").read_text().strip(), "the display")
    said = job.run("xdpyinfo", "-display", f":{display}").stdout
    job.expect(re.search(r"dimensions: +320x200", said), said)


XTERM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The terminal says its window to whoever reads the other side; then it shows what is written there. */
int main(int argc, char **argv) {
  const int number = posix_openpt(O_RDWR | O_NOCTTY);
  if (number < 0 || grantpt(number) != 0 || unlockpt(number) != 0 || argc != 2) { return 1; }
  const char *name = ptsname(number);
  const int terminal = open(name, O_RDWR | O_NOCTTY);
  char option[99];
  snprintf(option, sizeof option, argv[1], strchr(argv[1], '/') ? name : "ab", number);
  const pid_t child = fork();
  if (child == 0) {
    execlp("xterm", "xterm", option, (char *)0);
    _exit(127);
  }
  char line[99] = "";
  struct pollfd said = {.fd = terminal, .events = POLLIN};
  const ssize_t size = poll(&said, 1, 15000) == 1 ? read(terminal, line, sizeof line - 1) : 0;
  if (size > 0) { fputs(line, stdout); }
  kill(child, SIGTERM);
  return waitpid(child, NULL, 0) == child && size > 0 ? 0 : 1;
}
"""


def display(job):
    """Starts an X server, which is not under test, and returns what its clients need."""
    job.start("sh", "-c", "exec Xvfb -displayfd 6 -screen 0 320x200x24 -nolisten tcp -noreset 6>display", bare=True)
    return {"DISPLAY": ":" + job.wait_for(lambda: (job.directory / "display").read_text().strip(), "the display")}


@scenario("xterm", "xvfb", "gcc", "libc6-dev", quick=True, seconds=60,
          does="-S/dev/pts/M/N and -SabN: a slave of a C program's terminal at N")
def xterm_told(job):
    job.run("gcc", "-O1", "-o", "program", job.write("program.c", XTERM), bare=True)
    around = display(job)
    for option in ("-S%s/%d", "-S%s%d"):
        said = job.run("./program", option, environment=around).stdout
        job.expect(re.fullmatch(r"[0-9a-f]+\n", said), said)


@scenario("i3-wm", "xvfb", quick=True, seconds=60,
          does="restart: executes itself, and answers on the connection that _I3_RESTART_FD tells")
def i3_restart(job):
    config = job.write("config", f"# i3 config file (v4)\nfont pango:monospace 8\nipc-socket {job.directory}/socket\n")
    i3 = job.start("i3", "-c", config, environment=display(job))
    get_version, run_command = 7, 0
    with socket.socket(socket.AF_UNIX) as client:
        job.wait_for(lambda: client.connect(str(job.directory / "socket")) is None, "i3")
        client.settimeout(20)
        answers = client.makefile("rb")

        def ask(kind, payload=b""):
            client.sendall(b"i3-ipc" + struct.pack("=II", len(payload), kind) + payload)
            head = answers.read(14)
            job.expect(len(head) == 14, "i3 has closed the connection")
            return json.loads(answers.read(struct.unpack("=I", head[6:10])[0]))
        before = ask(get_version)
        said = ask(run_command, b"restart")
        job.expect(said == [{"success": True}], str(said))
        job.expect(ask(get_version) == before, "another version")
    job.expect("--restart" in open(f"/proc/{i3.pid}/cmdline").read(), "i3 has not executed itself")
    job.count([i3.pid])


MPI = """
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
  int rank, sum;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  printf("%d of %d\\n", rank, sum);
  return MPI_Finalize();
}
"""


@scenario("mpich", "libmpich-dev", does="mpiexec.hydra: three processes find each other by PMI_FD")
def mpich(job):
    job.run("mpicc.mpich", "-o", "program", job.write("program.c", MPI), bare=True)
    said = job.run("mpiexec.hydra", "-n", "3", "./program").stdout
    job.expect(sorted(said.split("\n")) == ["", "0 of 3", "1 of 3", "2 of 3"], said)


@scenario("bindfs", does="libfuse mounts through fusermount, which answers on _FUSE_COMMFD")
def fuse_mount(job):
    job.write("from/file", "through FUSE\n")
    (job.directory / "to").mkdir()
    job.start("bindfs", "-f", "-o", "auto_unmount", "from", "to")
    said = job.wait_for((job.directory / "to/file").read_text, "the mount")
    job.count()
    job.run("umount", "to", bare=True)
    return said


@scenario("gstreamer1.0-tools", "gcc", "libc6-dev", does="fdsrc fd=N and fdsink fd=M of a C program", quick=True, seconds=60)
def gstreamer_told(job):
    job.write("in", "through a pipeline\n")
    job.run(teller(job), "r=in", "w=out", "--", "gst-launch-1.0", "-q", "fdsrc", "fd=%1", "!", "fdsink", "fd=%2")
    return (job.directory / "out").read_text()


@scenario("valgrind", "gcc", "libc6-dev", does="--log-fd=N of a C program", quick=True, seconds=60)
def valgrind_told(job):
    job.run(teller(job), "w=log-of-it", "--", "valgrind", "--log-fd=%1", "true")
    job.expect("ERROR SUMMARY: 0 errors" in (job.directory / "log-of-it").read_text(), "no summary")


@scenario("gunicorn", "gcc", "libc6-dev", does="--bind fd://N of a C program", quick=True, seconds=60)
def gunicorn_told(job):
    port = job.port()
    job.write("app.py", "def app(environ, start):\n    start('200 OK', [])\n    return [b'served']\n")
    job.start(teller(job), f"l={port}", "--", "gunicorn", "--bind", "fd://%1", "app:app")
    return job.wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).read().decode(), "an answer")


@scenario("uwsgi", "uwsgi-plugin-python3", "gcc", "libc6-dev", quick=True, seconds=60,
          does="--http-socket fd://N of a C program")
def uwsgi_told(job):
    port = job.port()
    job.write("app.py", "def application(environ, start):\n    start('200 OK', [])\n    return [b'served']\n")
    job.start(teller(job), f"l={port}", "--", "uwsgi", "--plugin", "python3", "--http-socket", "fd://%1",
              "--wsgi-file", "app.py")
    return job.wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).read().decode(), "an answer")


@scenario("make", "gcc", "libc6-dev", does="a C program's jobserver, which MAKEFLAGS tells", quick=True, seconds=60)
def make_told(job):
    tell = teller(job)
    job.write("Makefile", "all: a b\na b:\n\t@echo $@\n")
    os.mkfifo(job.directory / "tokens")
    with open(os.open(job.directory / "tokens", os.O_RDWR), "wb", buffering=0) as tokens:
        tokens.write(b"+")
        done = job.run(tell, "b=tokens", "MAKEFLAGS= -j2 --jobserver-auth=%1,%1", "--", "make")
    job.expect(done.stderr == "" and sorted(done.stdout.split()) == ["a", "b"], f"{done}")


@scenario("apt", "gcc", "libc6-dev", does="apt-get -o APT::Status-Fd=N of a C program", quick=True, seconds=60)
def apt_told(job):
    # All absolute: what is not lies below /var/lib/apt.
    for name in ("lists/partial", "cache/archives/partial"):
        (job.directory / name).mkdir(parents=True)
    job.write("repository/Packages", "Package: example\nVersion: 1\nArchitecture: all\nDescription: none\n")
    job.write("sources.list", f"deb [trusted=yes] file:{job.directory}/repository ./\n")
    job.run(teller(job), "w=status", "--", "apt-get", "-qq", "-o", "APT::Status-Fd=%1", "-o", "APT::Sandbox::User=root",
            "-o", f"Dir::State::Lists={job.directory}/lists", "-o", f"Dir::Cache={job.directory}/cache",
            "-o", f"Dir::Etc::SourceList={job.directory}/sources.list", "-o", "Dir::Etc::SourceParts=-", "update")
    said = (job.directory / "status").read_text()
    job.expect("dlstatus:" in said, said)


@scenario("whiptail", "bsdutils", "gcc", "libc6-dev", does="--output-fd N of a C program", quick=True, seconds=60)
def whiptail_told(job):
    tell = teller(job)
    words = f"{tell} w=out -- whiptail --output-fd %1 --inputbox text 8 40 answer"
    terminal = job.start("script", "-qfec", f"stty rows 25 cols 80; {words}", "screen", environment={"TERM": "xterm"},
                         stdin=subprocess.PIPE)

    def is_answered():
        # What is typed before it is ready, it throws away.
        with contextlib.suppress(BrokenPipeError):
            terminal.stdin.write(b"\r")
            terminal.stdin.flush()
        return terminal.poll() is not None

    job.wait_for(is_answered, "whiptail's end")
    job.expect((job.directory / "out").read_text() == "answer", "no answer")


@scenario("systemd", "gcc", "libc6-dev", does="a C program's listening socket, which LISTEN_FDS and LISTEN_PID tell",
          quick=True, seconds=60)
def listen_fds_told(job):
    port, behind = job.port(), job.port()
    job.write("index.html", "served\n")
    job.start("python3", "-m", "http.server", "--bind", "127.0.0.1", behind, bare=True)
    job.wait_for_port(behind)
    # At 3: nothing else is open there.
    job.start(teller(job), f"l={port}", "LISTEN_FDS=1", "LISTEN_PID=%0", "--", "/lib/systemd/systemd-socket-proxyd",
              f"127.0.0.1:{behind}")
    return job.wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).read().decode(), "an answer")


@scenario("wayland-utils", "weston", "gcc", "libc6-dev", seconds=60,
          does="a C program's connection, which WAYLAND_SOCKET tells")
def wayland_told(job):
    around = {"XDG_RUNTIME_DIR": str(job.directory)}
    job.start("weston", "--backend=headless-backend.so", "--socket=display", "--idle-time=0", environment=around, bare=True)
    job.wait_for((job.directory / "display").is_socket, "the compositor")
    said = job.run(teller(job), f"c={job.directory}/display", "WAYLAND_SOCKET=%1", "--", "wayland-info").stdout
    job.expect("wl_compositor" in said, said)


@scenario("wine64", "libwine", does="a program in a new prefix: the processes find their server by WINESERVERSOCKET", seconds=180)
def wine(job):
    around = {"WINEPREFIX": str(job.directory / "prefix"), "WINEDEBUG": "-all", "DISPLAY": ""}
    said = job.run("/usr/lib/wine/wine64", "cmd", "/c", "echo started & cmd /c echo by a child", environment=around).stdout
    job.expect(said.split() == ["started", "by", "a", "child"], said)
    job.run("/usr/lib/wine/wineserver64", "-k", environment=around, check=False)
