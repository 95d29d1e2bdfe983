// SPDX-License-Identifier: Apache-2.0
//
// deny ERRNO NAME[,NAME...] -- PROGRAM [ARG...]: runs PROGRAM under a seccomp filter that answers ERRNO to the system
// calls of these names, as an old kernel or a container's profile does. Two names are not system calls but requests:
// SOCK_CLOEXEC (the bit, to socket, socketpair and accept4) and F_DUPFD_CLOEXEC (the command, to fcntl).
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int number_of(const char* errno_name) {
  for (int number = 1; number < 256; ++number) {
    const char* const name = strerrorname_np(number);
    if (name != NULL && strcmp(name, errno_name) == 0) return number;
  }
  return 0;
}

static int deny_bit(scmp_filter_ctx filter, uint32_t action, int call, unsigned argument, scmp_datum_t bit) {
  return seccomp_rule_add(filter, action, call, 1, SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bit, bit));
}

static int deny(scmp_filter_ctx filter, uint32_t action, const char* name) {
  if (strcmp(name, "SOCK_CLOEXEC") == 0) {
    const int result = deny_bit(filter, action, SCMP_SYS(socket), 1, SOCK_CLOEXEC) |
                       deny_bit(filter, action, SCMP_SYS(socketpair), 1, SOCK_CLOEXEC);
    return result | deny_bit(filter, action, SCMP_SYS(accept4), 3, SOCK_CLOEXEC);
  }
  if (strcmp(name, "F_DUPFD_CLOEXEC") == 0)
    return seccomp_rule_add(filter, action, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0));
  const int call = seccomp_syscall_resolve_name(name);
  return call == __NR_SCMP_ERROR ? -EINVAL : seccomp_rule_add(filter, action, call, 0);
}

int main(int argc, char** argv) {
  const int error = argc < 5 ? 0 : number_of(argv[1]);
  if (error == 0 || strcmp(argv[3], "--") != 0) {
    fprintf(stderr, "usage: deny ERRNO NAME[,NAME...] -- PROGRAM [ARG...]\n");
    return 125;
  }
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == NULL) return 125;
  for (char* name = strtok(argv[2], ","); name != NULL; name = strtok(NULL, ",")) {
    const int result = deny(filter, SCMP_ACT_ERRNO((unsigned)error), name);
    if (result != 0) {
      fprintf(stderr, "deny: %s: %s\n", name, strerror(-result));
      return 125;
    }
  }
  if (seccomp_load(filter) != 0) {
    fprintf(stderr, "deny: the kernel does not take the filter\n");
    return 125;
  }
  seccomp_release(filter);
  execvp(argv[4], argv + 4);
  perror(argv[4]);
  return errno == ENOENT ? 127 : 126;
}
