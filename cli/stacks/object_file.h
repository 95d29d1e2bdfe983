// SPDX-License-Identifier: Apache-2.0
//
// The file that an object of an audited process was mapped from, and whether it still is that file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "audit/stack.h"

namespace cloexec::cli {

/// As its program headers have it: elf(5).
struct ObjectFile {
  std::string path;  // absolute
  audit::Machine machine{};
  std::uint64_t low = 0;    // the lowest address, rounded down as it is mapped
  std::uint64_t begin = 0;  // the same, not rounded
  std::uint64_t end = 0;
  // When the file was last changed in any way: st_ctim (inode(7)), nanoseconds since the Epoch.
  std::int64_t changed = 0;
  std::uint32_t build_id = 0;  // its first bytes; 0 when it has none
};

/// What is at `path`; nothing when that is no ELF file that could be mapped.
std::optional<ObjectFile> read_object_file(const std::string& path);

/// Each file is looked at once.
class ObjectFiles {
 public:
  /// The file at `path`, unless it is another one than what was mapped: its `build_id` tells, and where there is none
  /// that it was changed since `read_at`. Null when there is none. The loader may have a relative path: the audited
  /// program was started from the folder that this one is in.
  const ObjectFile* find(const std::string& path, std::uint32_t build_id, std::int64_t read_at);

 private:
  std::map<std::string, std::optional<ObjectFile>> files_;
};

}  // namespace cloexec::cli
