# SPDX-License-Identifier: Apache-2.0
"""Connections that are handed over, and connections that must not be: a threaded server whose children answer."""
from programs.ssh import start_sshd
from scenario import scenario

SERVER = r"""
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char page[] = "printf 'HTTP/1.0 200 OK\r\n\r\n'; echo $(($(ls /proc/self/fd | wc -l) - 4))";
enum { together = 4 };
static pthread_barrier_t all_are_open;

/* Answers from a child, as a CGI does: what the child got beyond 0-2 and the directory that ls reads is a leak. */
static void *answer(void *argument) {
  const int connection = (int)(intptr_t)argument;
  char request[4096];
  if (read(connection, request, sizeof request) <= 0) { abort(); }
  pthread_barrier_wait(&all_are_open);
  const pid_t child = fork();
  if (child == 0) {
    dup2(connection, 1);
    execl("/bin/sh", "sh", "-c", page, (char *)0);
    _exit(127);
  }
  waitpid(child, NULL, 0);
  close(connection);
  return NULL;
}

int main(void) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof name;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&name, size) != 0 || listen(listener, together) != 0) { return 1; }
  getsockname(listener, (struct sockaddr *)&name, &size);
  printf("%d\n", ntohs(name.sin_port));
  fflush(stdout);
  pthread_barrier_init(&all_are_open, NULL, together);
  pthread_t threads[together];
  for (int i = 0; i < together; ++i) {
    pthread_create(&threads[i], NULL, answer, (void *)(intptr_t)accept(listener, NULL, NULL));
  }
  for (int i = 0; i < together; ++i) { pthread_join(threads[i], NULL); }
}
"""


@scenario("curl", "gcc", "libc6-dev", quick=True, seconds=40,
          does="fetches 4 pages at once from a threaded server; counted: what reached its children")
def curl(job):
    job.run("gcc", "-pthread", "-o", "server", job.write("server.c", SERVER), bare=True)
    server = job.start(job.directory / "server")
    port = job.wait_for(job.log.read_text, "the port").strip()
    job.run("curl", "-sS", "--parallel", "--parallel-immediate", "--max-time", "20", "-o", "page#1",
            f"http://127.0.0.1:{port}/{{1,2,3,4}}")
    job.expect(server.wait(20) == 0, job.log.read_text())
    job.most_inheritable = sum(int((job.directory / f"page{number}").read_text()) for number in (1, 2, 3, 4))
    # Bare, the first child holds the listener and all four connections.
    job.expect(("LD_PRELOAD" in job.environment) == (job.most_inheritable == 0), f"{job.most_inheritable} leaked")
    return job.run("curl", "-sS", (job.directory / "server.c").as_uri()).stdout


@scenario("openssh-client", "openssh-server", "netcat-openbsd", quick=True,
          does="ProxyUseFdpass: nc hands its connection over by SCM_RIGHTS")
def ssh_proxy_fdpass(job):
    options = start_sshd(job)
    port = options[1].partition("=")[2]
    # The port that ssh is told is wrong: it must come by the connection that it is handed.
    proxy = ["-o", f"ProxyCommand=nc.openbsd -F 127.0.0.1 {port}", "-o", "ProxyUseFdpass=yes"]
    return job.run("ssh", "-o", "Port=1", *options, *proxy, "root@127.0.0.1", "echo by a handed connection; cat",
                   input="through stdin\n").stdout
