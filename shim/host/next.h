// SPDX-License-Identifier: Apache-2.0
//
// The next symbols: `next_open(path, flags, mode)` calls the open that the program would have got without the shim, be
// it libc's or another preload's. Each is typed by the declaration that it stands for, so that prototypes cannot drift.
//
// To find one may be done wherever find_next() may, and changes errno no more than that; to call one is to call it,
// with its errno, and is as safe in a signal handler as it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "catalogue/call.h"
#include "shim/host/prototypes.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Everything that is looked up: the calls of the catalogue, in its order, and these.
enum class Symbol : std::uint8_t {
  behind_calls = call_count - 1,
#define X(name, family, method)
#define X_TIME64(name, family, method)
#define X_WATCH(name) name,
#ifndef __LP64__
#define X_WATCH_TIME64 X_WATCH
#else
#define X_WATCH_TIME64(name)
#endif
#define X_NEXT(name) name,
#define X_USE(name, place) name,
#include "catalogue/interposed.def"
#include "shim/host/next.def"
#ifndef CLOEXEC_WITHOUT_RECORDER
#include "catalogue/used.def"
#endif
#undef X
#undef X_TIME64
#undef X_WATCH
#undef X_WATCH_TIME64
#undef X_NEXT
#undef X_USE
  end
};

/// The symbol of the function that a call of the catalogue is named after.
constexpr Symbol symbol_of(Call call) { return static_cast<Symbol>(call); }

/// The functions that were found, by Symbol; null before they are bound.
extern constinit void* slots[static_cast<unsigned>(Symbol::end)];

/// Stands for a function that returns a number and that this libc lacks: -1, and ENOSYS in errno.
int absent_number();

/// Stands for a function that returns a pointer and that this libc lacks: null, and ENOSYS in errno.
void* absent_pointer();

/// The function of `symbol`, never null. When it is first asked for it is looked up: by its name, else by that without
/// prefix (__, _IO_) and 64 (musl from 1.2.4 on has only such names, with a 64-bit off_t in each); else it is `absent`.
/// Two threads may both do so; they find the same.
void* get_next(Symbol symbol, void* absent);

/// get_next() of a function that returns a number: absent_number where libc lacks it.
void* get_number_next(Symbol symbol);

/// get_next() of a function that returns a pointer: absent_pointer where libc lacks it.
void* get_pointer_next(Symbol symbol);

/// A next function, by its type without noexcept and by its result: what `next_open` and its kin are.
template <typename Function, typename Result>
class NextReturning {
 public:
  /// What the function returns.
  using Returned = Result;

  /// Names the function, which is looked up when it is first needed.
  constexpr NextReturning(Symbol symbol) : symbol_(symbol) {}

  /// Where the function is in `slots`.
  constexpr Symbol symbol() const { return symbol_; }

  /// The function, or absent() where this libc lacks it; never null.
  Function* get() const {
    return reinterpret_cast<Function*>(std::is_pointer_v<Result> ? get_pointer_next(symbol_)
                                                                 : get_number_next(symbol_));
  }

  /// get() in few instructions once the function is bound.
  [[gnu::always_inline]] Function* get_fast() const {
    void* const function = __atomic_load_n(&slots[static_cast<unsigned>(symbol_)], __ATOMIC_RELAXED);
    return function != nullptr ? reinterpret_cast<Function*>(function) : get();
  }

  /// Calls the function with arguments of its own types; those of a variadic one as they are.
  template <typename... Arguments>
  [[gnu::always_inline]] Result operator()(Arguments... arguments) const {
    return get()(arguments...);
  }

  /// The function that stands for this one in a libc that lacks it.
  static Function* absent() {
    return reinterpret_cast<Function*>(std::is_pointer_v<Result> ? reinterpret_cast<void*>(absent_pointer)
                                                                 : reinterpret_cast<void*>(absent_number));
  }

  /// Whether this libc lacks the function.
  bool is_absent() const { return get() == absent(); }

 private:
  Symbol symbol_;
};

namespace detail {

// A declaration's type without its noexcept, which changes nothing for the caller.
template <typename Function>
struct NextOf;
template <typename Result, typename... Parameters>
struct NextOf<Result(Parameters...)> {
  using type = NextReturning<Result(Parameters...), Result>;
};
template <typename Result, typename... Parameters>
struct NextOf<Result(Parameters...) noexcept> : NextOf<Result(Parameters...)> {};
template <typename Result, typename... Parameters>
struct NextOf<Result(Parameters..., ...)> {
  using type = NextReturning<Result(Parameters..., ...), Result>;
};
template <typename Result, typename... Parameters>
struct NextOf<Result(Parameters..., ...) noexcept> : NextOf<Result(Parameters..., ...)> {};

}  // namespace detail

/// The next function of a declaration's type: Next<decltype(::open)>.
template <typename Function>
using Next = typename detail::NextOf<Function>::type;

// next_NAME, a function of each type, for every Symbol.
#define X_NEXT(name) inline constexpr Next<decltype(::name)> next_##name{Symbol::name};
#define X_WATCH X_NEXT
#define X_USE(name, place) X_NEXT(name)
#define X(name, family, method) inline constexpr Next<decltype(::name)> next_##name{symbol_of(Call::name)};
#ifndef __LP64__
#define X_TIME64 X
#define X_WATCH_TIME64 X_WATCH
#else
#define X_TIME64(name, family, method)
#define X_WATCH_TIME64(name)
#endif
#include "catalogue/interposed.def"
#include "shim/host/next.def"
#ifndef CLOEXEC_WITHOUT_RECORDER
#include "catalogue/used.def"
#endif
#undef X
#undef X_TIME64
#undef X_WATCH
#undef X_WATCH_TIME64
#undef X_NEXT
#undef X_USE

}  // namespace cloexec
