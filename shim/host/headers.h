// SPDX-License-Identifier: Apache-2.0
//
// The program headers of what the loader has loaded (elf(5)). Nothing here changes errno, and all may be called in a
// signal handler and between fork and exec.
#pragma once

#include <link.h>

#include <span>

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether `object` is the kernel's own, the vDSO (vdso(7)).
bool is_kernels(const link_map& object);

/// The headers of an object that is loaded; none where it cannot be told where they are, as of a library that was
/// linked to be at a place of its own.
std::span<const ElfW(Phdr)> headers_of(const link_map& object, bool is_program);

}  // namespace cloexec
