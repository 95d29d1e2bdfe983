// SPDX-License-Identifier: Apache-2.0
//
// Opens what can be opened and then, in the same ways, with a flag that /proc refuses with EINVAL, as kernels without
// O_CLOEXEC would: an open that has made its file already fails so too (open(2), O_DIRECT). Prints "CALL errno=ERROR".
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int __open(const char* path, int flags, ...);
int __open64(const char* path, int flags, ...);
int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
int __openat_2(int directory, const char* path, int flags);

#define TELL(call, good, bad)                                                                       \
  do {                                                                                              \
    const int opened = good;                                                                        \
    const int failed = bad;                                                                         \
    printf("%s errno=%s\n", #call, opened >= 0 && failed < 0 ? strerrorname_np(errno) : "nothing"); \
  } while (0)
#define FAIL(call) TELL(call, call("/dev/null", O_RDONLY), call("/proc/self/status", O_RDONLY | O_DIRECT))
#define FAIL_AT(call) \
  TELL(call, call(AT_FDCWD, "/dev/null", O_RDONLY), call(AT_FDCWD, "/proc/self/status", O_RDONLY | O_DIRECT))

int main(void) {
  FAIL(open);
  FAIL(open64);
  FAIL_AT(openat);
  FAIL_AT(openat64);
  FAIL(__open);
  FAIL(__open64);
  FAIL(__open_2);
  FAIL(__open64_2);
  FAIL_AT(__openat_2);
  return 0;
}
