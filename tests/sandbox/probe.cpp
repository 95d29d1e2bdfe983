// SPDX-License-Identifier: Apache-2.0
//
// probe [--fork] [--times N] [NAME...]: makes descriptors by every creating call, or by those named, in this process or
// in a forked child, and prints "NAME CONTEXT cloexec=1" for each descriptor or "NAME CONTEXT errno=EBADF".
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "tests/support/creations.h"

namespace {

const char* context = "main";
const char* current = "";

void show(int fd) { std::printf("%s %s cloexec=%d\n", current, context, fcntl(fd, F_GETFD) & FD_CLOEXEC); }

bool is_wanted(const char* name, std::span<char*> wanted) {
  for (const std::string_view one : wanted)
    if (one == name) return true;
  return wanted.empty();
}

void probe(std::span<const Creation> table, std::span<char*> wanted) {
  for (const Creation& creation : table) {
    if (!is_wanted(creation.name, wanted)) continue;
    current = creation.name;
    if (const int error = creation.make(show))
      std::printf("%s %s errno=%s\n", current, context, strerrorname_np(error));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
  int times = 1;
  for (; !arguments.empty() && arguments[0][0] == '-'; arguments = arguments.subspan(1)) {
    if (std::strcmp(arguments[0], "--fork") == 0) {
      context = "fork";
    } else if (arguments.size() > 1 && std::strcmp(arguments[0], "--times") == 0) {
      arguments = arguments.subspan(1);
      times = std::atoi(arguments[0]);
    } else {
      std::fprintf(stderr, "usage: probe [--fork] [--times N] [NAME...]\n");
      return 2;
    }
  }
  if (std::strcmp(context, "fork") == 0) {
    const pid_t child = fork();
    int status = 1;
    if (child != 0) return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
  }
  for (int i = 0; i < times; ++i) {
    probe(creations(), arguments);
    probe(failures(), arguments);
  }
}
