// SPDX-License-Identifier: Apache-2.0
//
// SunRPC clients and servers that make their own sockets: rpc_clnt_create(3), rpc_svc_create(3). glibc keeps them for
// old binaries only, so that no header declares their handles: here is what of them is used.

#include <sys/time.h>

#include "families.h"
#include "loopback.h"

struct client;
struct client_operations {
  function *call, *abort, *error, *free;
  void (*destroy)(struct client*);
  function* control;
};
struct client {
  void* authentication;
  const struct client_operations* operations;
};
struct server;
struct server_operations {
  function *receive, *state, *arguments, *reply, *free;
  void (*destroy)(struct server*);
};
struct server {
  int fd;
  unsigned short port;
  const struct server_operations* operations;
};

typedef struct client* tcp_type(struct sockaddr_in*, unsigned long, unsigned long, int*, unsigned, unsigned);
typedef struct client* udp_type(struct sockaddr_in*, unsigned long, unsigned long, struct timeval, int*);
typedef struct client* udp_buffers_type(struct sockaddr_in*, unsigned long, unsigned long, struct timeval, int*,
                                        unsigned, unsigned);
typedef struct client* unix_type(struct sockaddr_un*, unsigned long, unsigned long, int*, unsigned, unsigned);

static struct sockaddr_in address;
static struct sockaddr_un path;
static int listener = -1;
static struct client* client;
static struct server* server;

static void start_listener(void) {
  if (subject.kind != client_unix) {
    listener = listen_on_loopback(&address);
    return;
  }
  memset(&path, 0, sizeof path);
  path.sun_family = AF_UNIX;
  snprintf(path.sun_path, sizeof path.sun_path, "%s", temp_path("socket"));
  unlink(path.sun_path);
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&path, sizeof path) != 0 || listen(listener, 4) != 0) _exit(1);
}

static void end_listener(void) { close(listener); }

static struct client* made_client(int* fd) {
  const struct timeval wait = {1, 0};
  switch (subject.kind) {
    case client_tcp:
      return CALL(tcp_type*)(&address, 100000, 2, fd, 0, 0);
    case client_udp:
      return CALL(udp_type*)(&address, 100000, 2, wait, fd);
    case client_udp_buffers:
      return CALL(udp_buffers_type*)(&address, 100000, 2, wait, fd, 1024, 1024);
    default:
      return CALL(unix_type*)(&path, 100000, 2, fd, 0, 0);
  }
}

static int make_client(int* fds) {
  client = made_client(&fds[0]);
  return client != NULL ? 0 : -1;
}

static void release_client(int* fds) {
  (void)fds;
  client->operations->destroy(client);
}

static const struct maker client_maker = {.count = 1,
                                          .roles = {"fd"},
                                          .prepare = start_listener,
                                          .make = make_client,
                                          .release = release_client,
                                          .tidy = end_listener,
                                          .leaves_errno = true};

void run_rpc_client(void) {
  tell_all(&client_maker);
  // A socket that the caller made stays as the caller made it.
  start_listener();
  const bool is_unix = subject.kind == client_unix;
  const bool is_udp = subject.kind == client_udp || subject.kind == client_udp_buffers;
  int own = socket(is_unix ? AF_UNIX : AF_INET, is_udp ? SOCK_DGRAM : SOCK_STREAM, 0);
  fcntl(own, F_SETFD, 0);
  if (is_unix && connect(own, (struct sockaddr*)&path, sizeof path) != 0) fact("cannot connect");
  if (!is_unix && connect(own, (struct sockaddr*)&address, sizeof address) != 0) fact("cannot connect");
  struct client* const made_with_own = made_client(&own);
  tell_kept_flag("own", own);
  if (made_with_own != NULL) made_with_own->operations->destroy(made_with_own);
  close(own);
  end_listener();
}

static struct server* made_server(int fd) {
  static char name[108];
  switch (subject.kind) {
    case server_tcp:
      return CALL(struct server * (*)(int, unsigned, unsigned))(fd, 0, 0);
    case server_udp:
      return CALL(struct server * (*)(int))(fd);
    case server_udp_buffers:
      return CALL(struct server * (*)(int, unsigned, unsigned))(fd, 1024, 1024);
    default:
      snprintf(name, sizeof name, "%s", temp_path("socket"));
      unlink(name);
      return CALL(struct server * (*)(int, unsigned, unsigned, char*))(fd, 0, 0, name);
  }
}

static int make_server(int* fds) {
  server = made_server(-1);
  return server != NULL ? fds[0] = server->fd : -1;
}

static void release_server(int* fds) {
  (void)fds;
  server->operations->destroy(server);
}

static const struct maker server_maker = {
    .count = 1, .roles = {"fd"}, .make = make_server, .release = release_server, .leaves_errno = true};

void run_rpc_server(void) {
  const int saved = fcntl(2, F_DUPFD_CLOEXEC, 100);
  const int nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, 2);
  close(nothing);
  tell_all(&server_maker);
  // As with clients: what it is given stays as it is.
  const bool is_udp = subject.kind == server_udp || subject.kind == server_udp_buffers;
  const int own = socket(subject.kind == server_unix ? AF_UNIX : AF_INET, is_udp ? SOCK_DGRAM : SOCK_STREAM, 0);
  fcntl(own, F_SETFD, 0);
  server = made_server(own);
  fact("own is-taken=%d", server != NULL && server->fd == own);
  tell_kept_flag("own", own);
  if (server != NULL)
    release_server(NULL);
  else
    close(own);
  dup2(saved, 2);
  close(saved);
}
