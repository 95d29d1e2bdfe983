// SPDX-License-Identifier: Apache-2.0
//
// See filter.h.
#include "tests/support/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

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
  if (strcmp(name, "F_DUPFD") == 0)
    return seccomp_rule_add(filter, action, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_DUPFD, 0));
  if (strcmp(name, "F_DUPFD_CLOEXEC") == 0)
    return seccomp_rule_add(filter, action, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0));
  if (strcmp(name, "TIOCGPTPEER") == 0)
    return seccomp_rule_add(filter, action, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TIOCGPTPEER, 0));
  if (strcmp(name, "private_memory") == 0)
    return seccomp_rule_add(filter, action, SCMP_SYS(mmap), 2, SCMP_A1(SCMP_CMP_GE, 65536, 0),
                            SCMP_A3(SCMP_CMP_EQ, MAP_PRIVATE | MAP_ANONYMOUS, 0));
  const int call = seccomp_syscall_resolve_name(name);
  return call == __NR_SCMP_ERROR ? -EINVAL : seccomp_rule_add(filter, action, call, 0);
}

static int deny_each(scmp_filter_ctx filter, uint32_t action, char* names) {
  for (char* name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
    const int result = deny(filter, action, name);
    if (result == 0) continue;
    fprintf(stderr, "deny: %s: %s\n", name, strerror(-result));
    return -1;
  }
  if (seccomp_load(filter) == 0) return 0;
  fprintf(stderr, "deny: the kernel does not take the filter\n");
  return -1;
}

int deny_calls(const char* error_name, const char* names) {
  const int error = number_of(error_name);
  const scmp_filter_ctx filter = error != 0 ? seccomp_init(SCMP_ACT_ALLOW) : NULL;
  if (filter == NULL) {
    fprintf(stderr, "deny: no filter for %s\n", error_name);
    return -1;
  }
  char* const copy = strdup(names);
  const int result = deny_each(filter, SCMP_ACT_ERRNO((unsigned)error), copy);
  free(copy);
  seccomp_release(filter);
  return result;
}
