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

#define FAIL(call, ...)                                                                             \
  do {                                                                                              \
    const int opened = call(__VA_ARGS__ "/dev/null", O_RDONLY);                                     \
    const int failed = call(__VA_ARGS__ "/proc/self/status", O_RDONLY | O_DIRECT);                  \
    printf("%s errno=%s\n", #call, opened >= 0 && failed < 0 ? strerrorname_np(errno) : "nothing"); \
  } while (0)

int main(void) {
  FAIL(open);
  FAIL(open64);
  FAIL(openat, AT_FDCWD, );
  FAIL(openat64, AT_FDCWD, );
  FAIL(__open);
  FAIL(__open64);
  FAIL(__open_2);
  FAIL(__open64_2);
  FAIL(__openat_2, AT_FDCWD, );
  return 0;
}
