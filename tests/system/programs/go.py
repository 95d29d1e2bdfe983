# SPDX-License-Identifier: Apache-2.0
"""A library in Go inside a C program makes its descriptors by system calls of its own, marked."""
from scenario import scenario

PLUGIN = """package main

import "C"
import (
	"net"
	"os"
)

var file *os.File
var listener net.Listener

//export open_secret
func open_secret() C.int {
	opened, err := os.Open("secret")
	if err != nil {
		return -1
	}
	file = opened
	return C.int(file.Fd())
}

//export listen_somewhere
func listen_somewhere() C.int {
	made, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return -1
	}
	listener = made
	return 0
}

func main() {}
"""

# Forces 12 numbers and closes them; what Go makes then is at these: its file, its epoll instance, its socket. Starts
# `list` in the way that is named, telling it all of them.
PROGRAM = r"""
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;
int open_secret(void);
int listen_somewhere(void);

int main(int count, char** arguments) {
  static char words[32][8];
  char* told[64] = {"./list"};
  int taken[12];
  for (int i = 0; i < 12; ++i) taken[i] = open("/etc/passwd", O_RDONLY);
  for (int i = 0; i < 12; ++i) close(taken[i]);
  if (count < 2 || open_secret() < 3 || listen_somewhere() != 0) return 2;
  int kept = 0;
  for (int i = 0; i < 24; ++i) {
    if (fcntl(i + 3, F_GETFD) >= 0) ++kept;
    told[1 + 2 * i] = "--status-fd";
    sprintf(words[i], "%d", i + 3);
    told[2 + 2 * i] = words[i];
  }
  printf("%s, kept %s: ", arguments[1], kept >= 3 ? "some" : "none");
  fflush(stdout);
  pid_t child = -1;
  if (strcmp(arguments[1], "exec") == 0) execv(told[0], told);
  if (strcmp(arguments[1], "spawn") == 0) posix_spawn(&child, told[0], NULL, NULL, told, environ);
  if (strcmp(arguments[1], "vfork") == 0 && (child = vfork()) == 0) execv(told[0], told), _exit(127);
  if (strcmp(arguments[1], "fork") == 0 && (child = fork()) == 0) execv(told[0], told), _exit(127);
  waitpid(child, NULL, 0);
  return 0;
}
"""

LIST = r"""
#include <fcntl.h>
#include <stdio.h>

int main(void) {
  int arrived = 0;
  for (int fd = 3; fd < 100; ++fd) arrived += fcntl(fd, F_GETFD) >= 0;
  printf("%d arrived\n", arrived);
  return 0;
}
"""


@scenario("golang-go", does="a library of Go's (c-shared) marks its file, socket and epoll instance where others were",
          quick=True, seconds=180)
def go_plugin(job):
    job.write("secret", "for the library alone\n")
    job.write("plugin.go", PLUGIN)
    job.write("program.c", PROGRAM)
    job.write("list.c", LIST)
    job.run("go", "build", "-buildmode=c-shared", "-o", "libplugin.so", "plugin.go", bare=True,
            environment={"GOCACHE": str(job.directory / "cache"), "GO111MODULE": "off", "GOFLAGS": "-p=2"})
    job.run("cc", "-o", "list", "list.c", bare=True)
    job.run("cc", "-o", "program", "program.c", "-L.", "-lplugin", "-Wl,-rpath,$ORIGIN", bare=True)
    said = "".join(job.run("./program", way).stdout for way in ("exec", "fork", "vfork", "spawn"))
    wanted = "".join(f"{way}, kept some: 0 arrived\n" for way in ("exec", "fork", "vfork", "spawn"))
    job.expect(said == wanted, said)
    return said
