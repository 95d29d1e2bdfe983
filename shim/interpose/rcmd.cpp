// SPDX-License-Identifier: Apache-2.0
//
// Family socket: the connections that rcmd(3) and rexec(3) make inside libc. Nothing of theirs takes a flag.

#include "shim/interpose/interpose.h"

using namespace cloexec;

namespace {

/// The connection is the result, `*error_fd` the one for the remote command's errors, when the caller asked for it.
int connected(const Site& site, int fd, const int* error_fd) {
  if (fd >= 0 && error_fd != nullptr) force_if_made(site, *error_fd);
  force_if_made(site, fd);
  return fd;
}

/// What all have in common; those without a family do not look at it.
int connected(char** host, int port, const char* local_user, const char* user, const char* command, int* error_fd,
              sa_family_t family, Call call, const void* caller) {
  const auto next = reinterpret_cast<decltype(&rexec_af)>(get_number_next(symbol_of(call)));
  return connected({call, caller}, next(host, port, local_user, user, command, error_fd, family), error_fd);
}

}  // namespace

INTERPOSE_ROUTED(int, rcmd, char** host, unsigned short port, const char* local_user, const char* remote_user,
                 const char* command, int* error_fd) {
  return connected(host, port, local_user, remote_user, command, error_fd, AF_UNSPEC, Call::rcmd, CALLER);
}

INTERPOSE_ROUTED(int, rcmd_af, char** host, unsigned short port, const char* local_user, const char* remote_user,
                 const char* command, int* error_fd, sa_family_t family) {
  return connected(host, port, local_user, remote_user, command, error_fd, family, Call::rcmd_af, CALLER);
}

INTERPOSE_ROUTED(int, rexec, char** host, int port, const char* user, const char* password, const char* command,
                 int* error_fd) {
  return connected(host, port, user, password, command, error_fd, AF_UNSPEC, Call::rexec, CALLER);
}

INTERPOSE_ROUTED(int, rexec_af, char** host, int port, const char* user, const char* password, const char* command,
                 int* error_fd, sa_family_t family) {
  return connected(host, port, user, password, command, error_fd, family, Call::rexec_af, CALLER);
}

INTERPOSE(int, rresvport, int* port) { return connected(HERE(rresvport), next_rresvport(port), nullptr); }

INTERPOSE(int, rresvport_af, int* port, sa_family_t family) {
  return connected(HERE(rresvport_af), next_rresvport_af(port, family), nullptr);
}
