// SPDX-License-Identifier: Apache-2.0
//
// Which object a call came from: what a rule's `module` asks. Without a lock, since calls are made in signal handlers.
// Nothing here changes errno, and all may be called between fork and exec, too. Before glibc 2.35 and on musl the list
// of objects is walked, which a dlclose(3) at that moment may change.
#pragma once

#include <link.h>

#include <cstdint>
#include <string_view>

namespace [[gnu::visibility("hidden")]] cloexec {

/// A shared object, or the program.
struct Module {
  std::string_view name;         // the base name of its file, valid while it is loaded
  std::uintptr_t base = 0;       // where it is loaded: what is added to the addresses in its file
  std::string_view folder = {};  // of a shared object: where it was loaded from, with the slash behind
};

/// The module that `address` lies in; all empty when that is not known. The program's name is empty before
/// learn_program_name().
Module find_module(const void* address);

/// Finds out the base name of the running program, which is a module like others, but the loader has no name for it:
/// once, and with one system call. It is cut to 63 bytes. Threads that do so at the same time write the same.
void learn_program_name();

/// The loader's entry of the object that `address` lies in; null when that is not known.
const link_map* link_map_at(const void* address);

/// The name that rules know the module of `address` by; empty when that is not known. A program that OCaml has compiled
/// is "ocaml" to them: its runtime is in no shared object. Valid as Module::name is.
std::string_view module_in_rules(const void* address);

}  // namespace cloexec
