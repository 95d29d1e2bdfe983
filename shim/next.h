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

template <typename Function, Name name>
class Next;

template <Name name, typename Function, typename Result>
class NextReturning {
 public:
  /// The function itself; null when nobody has bound it yet.
  [[gnu::always_inline]] static Function* get_if_bound() {
    return reinterpret_cast<Function*>(__atomic_load_n(&slot_, __ATOMIC_RELAXED));
  }

  /// The function itself, bound if it has not been.
  [[gnu::always_inline]] static Function* get() {
    Function* function = get_if_bound();
    if (function != nullptr) [[likely]]
      return function;
    return reinterpret_cast<Function*>(bind_next(&slot_, name.text, absent()));
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

  static inline constinit void* slot_ = nullptr;
};

/// The next function called `name`, of the type that its declaration has.
template <typename Result, typename... Parameters, Name name>
class Next<Result(Parameters...), name> : public NextReturning<name, Result(Parameters...), Result> {};
template <typename Result, typename... Parameters, Name name>
class Next<Result(Parameters...) noexcept, name> : public NextReturning<name, Result(Parameters...), Result> {};
template <typename Result, typename... Parameters, Name name>
class Next<Result(Parameters..., ...), name> : public NextReturning<name, Result(Parameters..., ...), Result> {};
template <typename Result, typename... Parameters, Name name>
class Next<Result(Parameters..., ...) noexcept, name> : public NextReturning<name, Result(Parameters..., ...), Result> {
};

#define X_NEXT(name) inline constexpr Next<decltype(::name), #name> next_##name;
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
X_NEXT(_exit)
X_NEXT(close)
X_NEXT(fdopen)
X_NEXT(fileno)
X_NEXT(fork)
X_NEXT(grantpt)
X_NEXT(login_tty)  // in libutil before glibc 2.34
X_NEXT(ptsname_r)
X_NEXT(tcsetattr)
X_NEXT(unlink)
X_NEXT(unlockpt)
#undef X_NEXT

}  // namespace cloexec
