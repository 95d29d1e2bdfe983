// SPDX-License-Identifier: Apache-2.0
//
// rcmd(3), rexec(3) and rresvport(3), against a server in a child process that speaks just enough of their protocols.

#include <netdb.h>
#include <signal.h>
#include <sys/wait.h>

#include "families.h"
#include "loopback.h"

typedef int rcmd_type(char**, unsigned short, const char*, const char*, const char*, int*);
typedef int rcmd_af_type(char**, unsigned short, const char*, const char*, const char*, int*, sa_family_t);
typedef int rexec_type(char**, int, const char*, const char*, const char*, int*);
typedef int rexec_af_type(char**, int, const char*, const char*, const char*, int*, sa_family_t);
typedef int port_type(int*);
typedef int port_af_type(int*, sa_family_t);

static pid_t server = -1;
static in_port_t server_port;

static bool is_rcmd(void) { return subject.kind == remote_rcmd || subject.kind == remote_rcmd_af; }

static void read_word(int fd, char* word, size_t size) {
  size_t length = 0;
  while (length + 1 < size && read(fd, word + length, 1) == 1 && word[length] != '\0') ++length;
  word[length] = '\0';
}

/// Connects back for the errors of the remote command; rcmd wants that from a reserved port.
static int connect_back(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  for (int own = 1000; is_rcmd() && own > 600; --own) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons((in_port_t)own)};
    if (bind(fd, (struct sockaddr*)&from, sizeof from) == 0) break;
  }
  return connect(fd, (struct sockaddr*)&address, sizeof address) == 0 ? fd : -1;
}

static void serve(int listener) {
  char word[3][32];
  const int fd = accept(listener, NULL, NULL);
  read_word(fd, word[0], sizeof word[0]);
  const int port = atoi(word[0]);
  const int errors = port > 0 ? connect_back(port) : -1;
  for (int i = 0; i < 3; ++i) read_word(fd, word[i], sizeof word[i]);
  if (write(fd, "", 1) != 1 || write(fd, word[2], strlen(word[2])) < 0) _exit(1);
  if (errors >= 0 && write(errors, "oops", 4) != 4) _exit(1);
  _exit(0);
}

static void start_server(void) {
  struct sockaddr_in address;
  const int listener = listen_on_loopback(&address);
  server_port = address.sin_port;
  server = fork();
  if (server == 0) {
    alarm(20);
    serve(listener);
  }
  close(listener);
}

static void end_server(void) {
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
}

static int called(char** host, int* errors) {
  switch (subject.kind) {
    case remote_rcmd:
      return CALL(rcmd_type*)(host, server_port, "me", "you", "words", errors);
    case remote_rcmd_af:
      return CALL(rcmd_af_type*)(host, server_port, "me", "you", "words", errors, AF_INET);
    case remote_rexec:
      return CALL(rexec_type*)(host, server_port, "me", "secret", "words", errors);
    default:
      return CALL(rexec_af_type*)(host, server_port, "me", "secret", "words", errors, AF_INET);
  }
}

static int make_remote(int* fds) {
  static char name[] = "127.0.0.1";
  char* host = name;
  return fds[0] = called(&host, &fds[1]);
}

static const struct maker remote_maker = {.count = 2,
                                          .roles = {"connection", "errors"},
                                          .prepare = start_server,
                                          .make = make_remote,
                                          .tidy = end_server,
                                          .leaves_errno = true};

static int make_remote_alone(int* fds) {
  static char name[] = "127.0.0.1";
  char* host = name;
  return fds[0] = called(&host, NULL);
}

static const struct maker alone_maker = {.count = 1,
                                         .roles = {"connection alone"},
                                         .prepare = start_server,
                                         .make = make_remote_alone,
                                         .tidy = end_server,
                                         .leaves_errno = true};

/// What these functions print on standard error when they fail is not a fact of ours.
static int hide_errors(void) {
  const int saved = fcntl(2, F_DUPFD_CLOEXEC, 100);
  const int nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, 2);
  close(nothing);
  return saved;
}

static void show_errors(int saved) {
  dup2(saved, 2);
  close(saved);
}

void run_remote(void) {
  int fds[most_descriptors];
  const int saved = hide_errors();
  if (made(&remote_maker, fds)) {
    char text[8] = "";
    fact("reads=%zd %s", read(fds[0], text, 5), text);
    memset(text, 0, sizeof text);
    fact("errors=%zd %s", read(fds[1], text, 4), text);
    release(&remote_maker, fds);
  }
  if (made(&alone_maker, fds)) release(&alone_maker, fds);
  tell_limits(&remote_maker);
  show_errors(saved);
}

static int opened_port(int* port) {
  return subject.kind == port_plain ? CALL(port_type*)(port) : CALL(port_af_type*)(port, AF_INET);
}

static int make_port(int* fds) {
  int port = IPPORT_RESERVED - 1;
  return fds[0] = opened_port(&port);
}

static const struct maker port_maker = {.count = 1, .roles = {"fd"}, .make = make_port, .leaves_errno = true};

void run_rresvport(void) {
  int fds[most_descriptors];
  if (made(&port_maker, fds)) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    getsockname(fds[0], (struct sockaddr*)&address, &length);
    fact("is-reserved=%d", ntohs(((struct sockaddr_in*)&address)->sin_port) < IPPORT_RESERVED);
    release(&port_maker, fds);
  }
  int port = IPPORT_RESERVED - 1;
  if (subject.kind == port_af) {
    DESCRIPTOR("unknown-family", CALL(port_af_type*)(&port, AF_UNIX));
    const int fd = CALL(port_af_type*)(&port, AF_INET6);
    fact("ipv6 ok=%d", fd >= 0);
    tell_flag("ipv6", fd);
    close(fd);
  }
  tell_limits(&port_maker);
}
