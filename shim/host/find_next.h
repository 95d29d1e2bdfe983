// SPDX-License-Identifier: Apache-2.0
//
// Finds the function that an interposer stands in front of, as dlsym(RTLD_NEXT) does, but without the loader's lock and
// without memory: open, dup2 and their kin are called in signal handlers and between fork and exec, where dlsym must
// not be (signal-safety(7)). It also costs a tenth of dlsym's instructions, so that nothing needs to be bound at load.
#pragma once

#include <link.h>

namespace [[gnu::visibility("hidden")]] cloexec {

/// The definition of `name` in the first object that the loader lists after this library, or null. An object's default
/// version is preferred to a hidden one (old SunRPC names in libc have only such).
void* find_next(const char* name);

/// Whether that definition is another preload's and not libc's own.
bool is_wrapped_below(const char* name);

/// Whether an object exports the function `name`.
bool defines(const link_map& object, const char* name);

/// The objects of this process, the program first; null where the list cannot be had.
const link_map* loaded_objects();

/// Whether a copy of this library was loaded before it: all calls reach that one.
bool is_later_copy();

/// Where the loader found this library; empty when that is not known.
const char* own_path();

}  // namespace cloexec
