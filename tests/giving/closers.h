// SPDX-License-Identifier: Apache-2.0
//
// Each way in which libc closes a descriptor that the shim has forced, and how a library that does without libc makes
// another of that kind at the free number, marked.
#pragma once

#include <string>

struct Closer {
  const char* name;
  int (*force)();         // a descriptor that is close-on-exec because of the shim alone
  void (*close)(int fd);  // by libc
  int (*reopen)();        // by raw calls, with O_CLOEXEC, at the lowest free number
};

/// nullptr: no such way.
const Closer* find_closer(const std::string& name);
