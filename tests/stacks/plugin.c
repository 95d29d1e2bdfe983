// SPDX-License-Identifier: Apache-2.0
//
// A library that is loaded as the program runs. Another one of the same size can come to lie at the same place.

#include <fcntl.h>

int plugin_open(const char* path);

#define JOINED(a, b) a##b
#define NAME(a, b) JOINED(a, b)

__attribute__((noinline)) static int NAME(opened_by_, PLUGIN)(const char* path) {
  const int fd = open(path, O_RDONLY);  // line: opened_by_plugin
  return fd < 0 ? -1 : fd;
}

int plugin_open(const char* path) {
  const int fd = NAME(opened_by_, PLUGIN)(path);  // line: plugin_open
  return fd < 0 ? -1 : fd;
}
