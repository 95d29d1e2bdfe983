// SPDX-License-Identifier: Apache-2.0
//
// Which object a call came from: what a rule's `module` asks. Without a lock, since calls are made in signal handlers.
#pragma once

#include <cstdint>
#include <string_view>

namespace [[gnu::visibility("hidden")]] cloexec {

/// The base name of a shared object or of the program, and where it is loaded.
struct Module {
  std::string_view name;
  std::uintptr_t base = 0;
};

/// The one that `address` is in; empty when that is not known.
Module find_module(const void* address);

/// The running program is a module like others, but the loader has no name for it: finds that out, with one system call
/// and once. Threads that do so at the same time write the same.
void learn_program_name();

/// What rules call it. A program that OCaml has compiled is "ocaml" to them: its runtime is in no shared object.
std::string_view module_in_rules(const void* address);

}  // namespace cloexec
