// SPDX-License-Identifier: Apache-2.0

#include "shim/host/next.h"

#include <cerrno>

#include "shim/host/find_next.h"

namespace cloexec {

constinit void* slots[static_cast<unsigned>(Symbol::end)] = {};

namespace {

constexpr char names_behind_calls[] =
#define X(name, family, method)
#define X_TIME64(name, family, method)
#define X_WATCH(name) #name "\0"
#ifndef __LP64__
#define X_WATCH_TIME64 X_WATCH
#else
#define X_WATCH_TIME64(name)
#endif
#define X_NEXT(name) #name "\0"
#define X_USE(name, place) #name "\0"
#include "catalogue/interposed.def"
#include "shim/host/next.def"
#ifndef CLOEXEC_WITHOUT_RECORDER
#include "catalogue/used.def"
#endif
    ;
#undef X
#undef X_TIME64
#undef X_WATCH
#undef X_WATCH_TIME64
#undef X_NEXT
#undef X_USE

const char* name_of(Symbol symbol) {
  const auto place = static_cast<unsigned>(symbol);
  return (place < call_count ? nth_name(call_names, place) : nth_name(names_behind_calls, place - call_count)).data();
}

/// Finds `name` without its prefix and its 64.
void* find_unprefixed(const char* name) {
  char base[48];
  std::size_t size = 0;
  const char* at = name[0] == '_' ? name + (name[1] == 'I' ? 4 : 2) : name;
  for (; *at != '\0' && size < sizeof base - 1; ++at) {
    if (at[0] == '6' && at[1] == '4')
      ++at;
    else
      base[size++] = *at;
  }
  base[size] = '\0';
  return find_next(base);
}

}  // namespace

int absent_number() {
  errno = ENOSYS;
  return -1;
}

void* absent_pointer() {
  errno = ENOSYS;
  return nullptr;
}

void* get_next(Symbol symbol, void* absent) {
  void** const slot = &slots[static_cast<unsigned>(symbol)];
  void* function = __atomic_load_n(slot, __ATOMIC_RELAXED);
  if (function != nullptr) return function;
  function = find_next(name_of(symbol));
  if (function == nullptr) function = find_unprefixed(name_of(symbol));
  if (function == nullptr) function = absent;
  __atomic_store_n(slot, function, __ATOMIC_RELAXED);
  return function;
}

void* get_number_next(Symbol symbol) { return get_next(symbol, reinterpret_cast<void*>(absent_number)); }

void* get_pointer_next(Symbol symbol) { return get_next(symbol, reinterpret_cast<void*>(absent_pointer)); }

}  // namespace cloexec
