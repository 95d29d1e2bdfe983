// SPDX-License-Identifier: Apache-2.0
//
// Family socket: the connections that rcmd(3) and rexec(3) make inside libc. Nothing of theirs takes a flag.

#include "shim/interpose.h"

using namespace cloexec;

namespace {

/// `fd` is the connection, `*error_fd` the one for the remote command's errors, when the caller asked for it.
int connected(Site site, int fd, const int* error_fd) {
  if (fd >= 0 && error_fd != nullptr) force_after(site, *error_fd);
  force_after(site, fd);
  return fd;
}

}  // namespace

INTERPOSE(int, rcmd, char** host, unsigned short port, const char* local_user, const char* remote_user,
          const char* command, int* error_fd) {
  return connected(HERE(rcmd), next_rcmd(host, port, local_user, remote_user, command, error_fd), error_fd);
}

INTERPOSE(int, rcmd_af, char** host, unsigned short port, const char* local_user, const char* remote_user,
          const char* command, int* error_fd, sa_family_t family) {
  return connected(HERE(rcmd_af), next_rcmd_af(host, port, local_user, remote_user, command, error_fd, family),
                   error_fd);
}

INTERPOSE(int, rexec, char** host, int port, const char* user, const char* password, const char* command,
          int* error_fd) {
  return connected(HERE(rexec), next_rexec(host, port, user, password, command, error_fd), error_fd);
}

INTERPOSE(int, rexec_af, char** host, int port, const char* user, const char* password, const char* command,
          int* error_fd, sa_family_t family) {
  return connected(HERE(rexec_af), next_rexec_af(host, port, user, password, command, error_fd, family), error_fd);
}

INTERPOSE(int, rresvport, int* port) { return connected(HERE(rresvport), next_rresvport(port), nullptr); }

INTERPOSE(int, rresvport_af, int* port, sa_family_t family) {
  return connected(HERE(rresvport_af), next_rresvport_af(port, family), nullptr);
}
