// SPDX-License-Identifier: Apache-2.0
//
// What a descriptor is, as /proc/self/fd has it (proc(5)): a path, "pipe:[N]", "socket:[N]".
#pragma once

#include <fcntl.h>

#include <charconv>
#include <span>
#include <string_view>

#include "shim/host/raw_syscall.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The object of descriptor `fd`, or as much of its text as `room` holds, which the answer is a part of; empty when it
/// cannot be had: `fd` is not open, /proc is not mounted, or a sandbox does not let us look. errno unchanged; may be
/// called in a signal handler and between fork and exec.
inline std::string_view object_of(int fd, std::span<char> room) {
  constexpr std::string_view folder = "/proc/self/fd/";
  char link[32] = "/proc/self/fd/";
  *std::to_chars(link + folder.size(), link + sizeof link - 1, fd).ptr = '\0';
  const long size = raw_syscall(__NR_readlinkat, AT_FDCWD, reinterpret_cast<long>(link),
                                reinterpret_cast<long>(room.data()), static_cast<long>(room.size()));
  return size > 0 ? std::string_view(room.data(), static_cast<std::size_t>(size)) : std::string_view();
}

}  // namespace cloexec
