// SPDX-License-Identifier: Apache-2.0
//
// Family open: openat2(2). Apart, since <linux/openat2.h> is newer than some libcs.

#include "shim/interpose.h"
#include "shim/method/open_how.h"
#include "shim/method/or_syscall.h"

using namespace cloexec;

INTERPOSE(int, openat2, int directory, const char* path, const open_how* how, size_t size) {
  return make_with_how(HERE(openat2), how, size, [=](const open_how* forced) {
    return or_syscall(next_openat2, SYS_openat2, directory, path, forced, size);
  });
}
