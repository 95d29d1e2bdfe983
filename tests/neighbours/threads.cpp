// SPDX-License-Identifier: Apache-2.0
//
// Built with a sanitizer: several threads make descriptors by every call, rightly and wrongly, and each must come out
// close-on-exec. Prints how many it saw; status 1 when one was inheritable. What else is wrong, the sanitizer says.
#include <fcntl.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/creations.h"

namespace {

std::atomic<long> seen = 0;
std::atomic<long> inheritable = 0;

void look(int fd) {
  ++seen;
  if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) ++inheritable;
}

void make_all() {
  for (int i = 0; i < 10; ++i) {
    for (const Creation& creation : creations())
      if (const int error = creation.make(look)) std::printf("%s: errno %d\n", creation.name, error);
    for (const Creation& failure : failures()) failure.make(look);
  }
}

}  // namespace

int main() {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(make_all);
  }
  std::printf("seen=%ld inheritable=%ld\n", seen.load(), inheritable.load());
  return seen > 0 && inheritable == 0 ? 0 : 1;
}
