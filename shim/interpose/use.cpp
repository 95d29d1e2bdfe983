// SPDX-License-Identifier: Apache-2.0
//
// What uses a descriptor, in the library of an audit alone: when that fails because the number is not open, the audit
// is told, for the shim may have kept back what the program needs.

#include <type_traits>

#include "shim/interpose/interpose.h"
#include "shim/record/recorder.h"

using namespace cloexec;

namespace {

template <typename Result>
bool has_failed(Result result) {
  if constexpr (std::is_pointer_v<Result>)
    return result == MAP_FAILED;
  else
    return result < 0;
}

/// Hands on the arguments as they came: see INTERPOSE_VARIADIC.
template <unsigned place, typename Function>
typename Function::Returned use(const char* call, Function next, Word a, Word b, Word c, Word d, Word e, Word f,
                                Word g) {
  using ByWords = typename Function::Returned (*)(Word, ...);
  const Word words[] = {a, b, c, d, e, f, g};
  const auto result = reinterpret_cast<ByWords>(reinterpret_cast<void*>(next.get()))(a, b, c, d, e, f, g);
  if (has_failed(result)) tell_if_missed(call, static_cast<int>(words[place]));
  return result;
}

}  // namespace

// No standard has all of these names, and a library may have its own of any: INTERPOSE_ROUTED.
#define X_USE(name, place)                                                                                          \
  INTERPOSE_ROUTED(decltype(next_##name)::Returned, name, Word a, Word b, Word c, Word d, Word e, Word f, Word g) { \
    return use<place>(#name, next_##name, a, b, c, d, e, f, g);                                                     \
  }
#include "catalogue/used.def"
#undef X_USE
