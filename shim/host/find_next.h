// SPDX-License-Identifier: Apache-2.0
//
// Finds the function that an interposer stands in front of, as dlsym(RTLD_NEXT) does, but without the loader's lock and
// without memory: open, dup2 and their kin are called in signal handlers and between fork and exec, where dlsym must
// not be (signal-safety(7)). It also costs a tenth of dlsym's instructions, so that nothing needs to be bound at load.
//
// Nothing here changes errno, and all may be called in a signal handler and between fork and exec: but where there is
// no link map to read, and for a function that a resolver chooses (STT_GNU_IFUNC), dlsym(3) is asked after all.
#pragma once

#include <link.h>

namespace [[gnu::visibility("hidden")]] cloexec {

/// The definition of function `name` in the first object that the loader lists after this library, or null. Any
/// object's default version is preferred to a hidden one (old SunRPC names in libc have only such).
void* find_next(const char* name);

/// Whether find_next(name) is another library's, a preload's for one, and not libc's own; false when nobody defines it.
bool is_wrapped_below(const char* name);

/// Whether an object exports the function `name` in a default version. It must stay loaded meanwhile; of a copy of this
/// library nothing is said to be exported.
bool defines(const link_map& object, const char* name);

/// The objects of this process, the program first (dl_iterate_phdr(3)); null where the list cannot be had. Those that
/// it was started with stay for ever; what dlclose(3) takes out may go while somebody walks the list.
const link_map* loaded_objects();

/// Whether a copy of this library, known by its soname, was loaded before it: all calls reach that one.
bool is_later_copy();

/// The path by which the loader found this library, valid while that is loaded; empty when it is not known.
const char* own_path();

}  // namespace cloexec
