// SPDX-License-Identifier: Apache-2.0
//
// What several threads read and write, a value at a time: written whole, no lock, nothing half done in a vfork child.
// Nothing here fails or changes errno, and all may be called in a signal handler and between fork and exec.
#pragma once

#include "shim/machine/machine.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The value of an object that other threads may write meanwhile: an old one or a new one, never a mixture. Says
/// nothing of when other objects are seen to change (relaxed).
template <typename Type>
Type load(const Type& object) {
  Type value;
  __atomic_load(&object, &value, __ATOMIC_RELAXED);
  return value;
}

/// Writes an object in one step, so that whoever reads it by load() sees the old value or this one (relaxed).
template <typename Type>
void store(Type& object, Type value) {
  __atomic_store(&object, &value, __ATOMIC_RELAXED);
}

/// The value of an object as of one order of all that is read and written by these two (sequentially consistent): of
/// two threads that each write one object and then read the other's, one at least sees what the other has written.
/// Fences, which would do as well, are unknown to ThreadSanitizer (gcc(1), -Wtsan).
template <typename Type>
Type load_in_order(const Type& object) {
  Type value;
  __atomic_load(&object, &value, __ATOMIC_SEQ_CST);
  return value;
}

/// Writes an object in the order of load_in_order().
template <typename Type>
void store_in_order(Type& object, Type value) {
  __atomic_store(&object, &value, __ATOMIC_SEQ_CST);
}

/// Adds bits to an object in one step, so that a signal handler of this thread comes before it or after it. Other
/// threads may come in between: the bus is not locked.
[[gnu::always_inline]] inline void add_bits(unsigned& object, unsigned bits) { Machine::add_bits(object, bits); }

}  // namespace cloexec
