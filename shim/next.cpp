// SPDX-License-Identifier: Apache-2.0

#include "shim/next.h"

#include <cerrno>
#include <cstring>

#include "shim/find_next.h"

namespace cloexec {

int absent_number() {
  errno = ENOSYS;
  return -1;
}

void* absent_pointer() {
  errno = ENOSYS;
  return nullptr;
}

void* bind_next(void** slot, const char* names, void* absent) {
  void* function = find_next(names);
  if (function == nullptr) function = find_next(names + std::strlen(names) + 1);
  if (function == nullptr) function = absent;
  __atomic_store_n(slot, function, __ATOMIC_RELAXED);
  return function;
}

}  // namespace cloexec
