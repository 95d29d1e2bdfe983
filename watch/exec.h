// SPDX-License-Identifier: Apache-2.0
//
// An exec as the kernel has seen it, in plain structs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "watch/event.h"

namespace cloexec::watch {

/// Of an image: it was there before the watch began, and the rest is the number of the process that had it.
inline constexpr std::uint64_t before_watch = WATCH_BEFORE;

/// Who has made a descriptor.
struct Maker {
  int pid = 0;
  int tid = 0;
  unsigned call = 0;                     // the number of the system call
  std::string thread;                    // what it is called
  std::vector<std::uint64_t> registers;  // as audit::registers_of has them; none where the machine is not known
  std::string stack;                     // from the stack pointer on
};

/// What a descriptor leads to.
struct Descriptor {
  std::uint64_t file = 0;  // the open file's place in the kernel
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  // stat(2), st_mode
  /// As /proc/PID/fd has it for the process itself: "/etc/passwd", "pipe:[4711]". "(unreachable)/etc" where the path
  /// does not lead to the root of the process, as getcwd(2) has that.
  std::string link;
  watch_socket socket{};               // family 0: it is none
  std::shared_ptr<const Maker> maker;  // null where that was not asked for, or not seen

  /// Whether it is the same open file: a place in the kernel alone may have become another's.
  bool is(const Descriptor& other) const { return file == other.file && inode == other.inode; }
};

/// Those of 64 numbers, by number.
using Descriptors = std::map<int, Descriptor>;

/// 64 numbers of a new program. Bits stand for numbers from 64 * `index` on.
struct Block {
  watch_block facts{};
  std::shared_ptr<const Descriptors> descriptors;  // of the numbers that are open
};

struct Exec {
  watch_exec facts{};      // without the text
  std::string executable;  // its path, as the process sees it; of a script the interpreter's
  std::string name;        // by which it was started
  std::string cgroup;      // of the unified hierarchy: "/system.slice/nginx.service"
  std::string arguments;   // each with a NUL behind it, as /proc/PID/cmdline has them
  std::string environment;
  std::vector<Block> blocks;  // that have crossed
};

/// Names from the last one on, each with a '/' behind it, as a path.
std::string path_from(std::string_view names);

}  // namespace cloexec::watch
