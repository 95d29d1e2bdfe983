// SPDX-License-Identifier: Apache-2.0
//
// The next symbols: `next_open(path, flags, mode)` calls the open that the program would have got without the shim, be
// it libc's or another preload's. Each is typed by the declaration that it stands for, so that prototypes cannot drift.
#pragma once

#include <cstdint>
#include <type_traits>

#include "shim/prototypes.h"

namespace cloexec {

/// A name as a template argument: no pointer to it is stored, hence no relocation made at load. Behind it stands the
/// name without its prefix (__, _IO_) and its 64: musl from 1.2.4 on has only such names, with a 64-bit off_t in each.
template <unsigned size>
struct Name {
  char text[2 * size] = {};

  consteval Name(const char (&name)[size]) {
    for (unsigned i = 0; i < size; ++i) text[i] = name[i];
    unsigned to = size;
    unsigned from = name[0] == '_' && name[1] == 'I' ? 4 : name[0] == '_' && name[1] == '_' ? 2 : 0;
    while (name[from] != '\0') {
      if (name[from] == '6' && name[from + 1] == '4') from += 2;
      if (name[from] != '\0') text[to++] = name[from++];
    }
  }
};

/// Stands for functions that this libc lacks: they return this and ENOSYS.
int absent_number();
void* absent_pointer();

/// Finds the first of two `names`, else the second, else takes `absent`, and keeps what it took in `*slot`. Two threads
/// may both do so; they find the same.
void* bind_next(void** slot, const char* names, void* absent);

/// A next function of this type and result, bound when it is first asked for.
template <typename Function, typename Result>
class NextReturning {
 public:
  constexpr NextReturning(void** slot, const char* names) : slot_(slot), names_(names) {}

  /// The function itself; null when nobody has bound it yet.
  [[gnu::always_inline]] Function* get_if_bound() const {
    return reinterpret_cast<Function*>(__atomic_load_n(slot_, __ATOMIC_RELAXED));
  }

  /// The function itself, bound if it has not been.
  [[gnu::always_inline]] Function* get() const {
    Function* function = get_if_bound();
    if (function != nullptr) [[likely]]
      return function;
    return reinterpret_cast<Function*>(bind_next(slot_, names_, absent()));
  }

  template <typename... Arguments>
  [[gnu::always_inline]] Result operator()(Arguments... arguments) const {
    return get()(arguments...);
  }

  /// Whether this libc lacks the function.
  bool is_absent() const { return reinterpret_cast<void*>(get()) == absent(); }

 private:
  static void* absent() {
    if constexpr (std::is_pointer_v<Result>)
      return reinterpret_cast<void*>(absent_pointer);
    else
      return reinterpret_cast<void*>(absent_number);
  }

  void** slot_;
  const char* names_;
};

namespace detail {

template <Name name>
inline constinit void* slot = nullptr;
template <Name name>
inline constexpr Name stored = name;

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

template <typename Function>
using Next = typename detail::NextOf<Function>::type;

/// The next function of one name. It is empty, so that an interposer of its own carries no pointers about; it becomes a
/// Next where a body serves several names.
template <typename Function, Name name>
class NextNamed {
 public:
  using Type = Next<Function>;

  constexpr operator Type() const { return {&detail::slot<name>, detail::stored<name>.text}; }
  [[gnu::always_inline]] auto get_if_bound() const { return Type(*this).get_if_bound(); }
  [[gnu::always_inline]] auto get() const { return Type(*this).get(); }
  bool is_absent() const { return Type(*this).is_absent(); }

  template <typename... Arguments>
  [[gnu::always_inline]] auto operator()(Arguments... arguments) const {
    return get()(arguments...);
  }
};

#define X_NEXT(name) inline constexpr NextNamed<decltype(::name), #name> next_##name;
#define X(name, family, method) X_NEXT(name)
#ifdef __i386__
#define X_TIME64(name, family, method) X_NEXT(name)
#else
#define X_TIME64(name, family, method)
#endif
#include "shim/interposed.def"
#undef X
#undef X_TIME64

// Not interposed. Bound when first called, since each symbol that is bound at load costs every process some hundred
// instructions; and fdopen must be of the generation that the program's streams are of: i386 has two.
X_NEXT(close)
X_NEXT(fdopen)
X_NEXT(fileno)
X_NEXT(fork)
X_NEXT(getsockopt)
X_NEXT(gnu_get_libc_version)  // glibc has it, musl has not
X_NEXT(grantpt)
X_NEXT(login_tty)  // in libutil before glibc 2.34
X_NEXT(ptsname_r)
X_NEXT(tcsetattr)
X_NEXT(unlink)
X_NEXT(unlockpt)
#undef X_NEXT

}  // namespace cloexec
