// SPDX-License-Identifier: Apache-2.0
//
// Where the process's objects lie, for whoever reads addresses of it later. Without a lock, as module.h.
#pragma once

#include <link.h>

#include <cstdint>

namespace [[gnu::visibility("hidden")]] cloexec {

/// A range of addresses; empty where nothing is known.
struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;

  bool contains(std::uintptr_t address) const { return address - begin < end - begin; }
};

struct Object {
  Range range;
  Range code;  // the part that can be executed
  std::uintptr_t bias = 0;
  std::uint32_t build_id = 0;  // its first bytes, which tell the file from others of its name; 0 when it has none
  const char* path = nullptr;  // as the loader has it; empty for the program
  std::size_t path_size = 0;
};

/// What `address` lies in; null when that is no object, or one that cannot be looked at. `own` is the caller's, and
/// used where there is no room for what is found.
const Object* object_at(std::uintptr_t address, Object& own);

/// `Object::build_id` of what `address` lies in.
std::uint32_t build_id_at(std::uintptr_t address);

/// Where the program lies.
Range program_range();

}  // namespace cloexec
