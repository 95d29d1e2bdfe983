// SPDX-License-Identifier: Apache-2.0
//
// A server that writes its title where the kernel had put its arguments and its environment, as nginx, postgres and
// whoever uses setproctitle do: the variables move to the heap first. Then it opens 3 to 12 and starts the lister in a
// forked child.
//
//   title [-w] [NAME=VALUE]    -w: writes the title. NAME=VALUE: a variable that it sets then.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "starts.h"

namespace {

/// All of them, in a list of our own, as they were.
void move_environment() {
  static std::vector<char*> moved;
  for (char** each = environ; *each != nullptr; ++each) moved.push_back(strdup(*each));
  moved.push_back(nullptr);
  environ = moved.data();
}

/// From the first argument to the end of the last variable there is one piece of memory: ps shows what is in it.
void write_title(char* begin, const char* end) {
  const auto size = static_cast<std::size_t>(end - begin);
  const std::string title = "title: 28 connections, worker 3 of 9";
  std::memset(begin, '\0', size);
  std::memcpy(begin, title.c_str(), std::min(title.size(), size - 1));
}

}  // namespace

int main(int, char** arguments) {
  const bool is_titled = arguments[1] != nullptr && std::strcmp(arguments[1], "-w") == 0;
  char** const set = arguments + (is_titled ? 2 : 1);
  const std::string variable = *set != nullptr ? *set : "";
  if (is_titled) {
    char* last = nullptr;
    for (char** each = environ; *each != nullptr; ++each) last = *each;
    const char* const end = last + std::strlen(last) + 1;
    move_environment();
    write_title(arguments[0], end);
  }
  if (!variable.empty()) {
    const auto equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  while (open("/etc/passwd", O_RDONLY) < 12) continue;
  return start_lister("fork", {}) ? 0 : 1;
}
