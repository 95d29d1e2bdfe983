// SPDX-License-Identifier: Apache-2.0

#include "shim/record/stack/bounds.h"

#include <sys/auxv.h>

#include "shim/host/readable.h"
#include "shim/machine/machine.h"

namespace cloexec {
namespace {

/// No page is smaller.
constexpr std::uintptr_t page_size = 4096;
/// The kernel keeps more below the first stack free of mappings (mmap_base in arch/x86/mm/mmap.c, 128 MiB); qemu's user
/// mode keeps this much.
constexpr std::uintptr_t first_stack_size = 8U << 20U;
/// Deeper ones are rare, and each page must be looked at.
constexpr std::uintptr_t most_looked_at = 1U << 20U;

constinit std::uintptr_t first_stack_end = 0;
constinit std::uintptr_t first_thread = 0;
/// From here up to the thread's pointer all pages can be read.
constinit thread_local std::uintptr_t readable_from = 0;

constexpr std::uintptr_t page_of(std::uintptr_t address) { return address & ~(page_size - 1); }

/// Whether `place` is on the stack whose upper end is the thread's pointer: the pages between are all there. Another
/// stack that lies below has a page between that cannot be read: a stack ends in such.
bool is_own_stack(std::uintptr_t place, std::uintptr_t end) {
  if (place >= end || end - place > most_looked_at) return false;
  std::uintptr_t proved = readable_from;
  if (proved == 0 || proved > end || end - proved > most_looked_at) proved = page_of(end);
  for (const std::uintptr_t lowest = page_of(place); proved > lowest; proved -= page_size)
    if (!is_readable(proved - page_size)) return false;
  readable_from = proved;
  return true;
}

}  // namespace

void note_first_stack(char* const* environment) {
  const std::uintptr_t above = getauxval(AT_RANDOM);  // behind the environment and the auxiliary vector
  const auto laid_out = reinterpret_cast<std::uintptr_t>(environment);
  first_stack_end = laid_out < above && above - laid_out < first_stack_size ? laid_out : above;
  first_thread = Machine::thread_area();
}

std::uintptr_t readable_end(std::uintptr_t place) {
  const std::uintptr_t thread = Machine::thread_area();
  if (thread == first_thread && place < first_stack_end && first_stack_end - place < first_stack_size)
    return first_stack_end;
  if (thread != first_thread && is_own_stack(place, thread)) return thread;
  return page_of(place) + page_size;
}

}  // namespace cloexec
