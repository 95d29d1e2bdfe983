// SPDX-License-Identifier: Apache-2.0
//
// The functions of the catalogue and their families, as values and by name: what a rule can speak of. All names are
// known on every architecture, so that one policy file serves all.
#pragma once

#include <cstdint>
#include <string_view>

#include "catalogue/names.h"

namespace cloexec {

#define X_TIME64 X
#define X_WATCH(name)
#define X_WATCH_TIME64(name)

enum class Call : std::uint8_t {
#define X(name, family, method) name,
#include "catalogue/interposed.def"
#undef X
};

#define X(name, family, method) +1
inline constexpr unsigned call_count = 0
#include "catalogue/interposed.def"
    ;
#undef X

/// What a rule calls a group of functions. `syscall` has no family: it is treated as the function of the same name.
enum class Family : std::uint8_t {
  open,
  stdio,
  temp,
  dup,
  dup2,
  pipe,
  socket,
  accept,
  receive,
  event,
  pty,
  mount,
  syscall,
  exec,  // makes nothing: rules for it say what the shim takes back
};

/// In the order of Call.
inline constexpr char call_names[] =
#define X(name, family, method) #name "\0"
#include "catalogue/interposed.def"
    ;
#undef X

/// In the order of Family.
inline constexpr char family_names[] =
    "open\0stdio\0temp\0dup\0dup2\0pipe\0socket\0accept\0receive\0event\0pty\0mount\0syscall\0exec\0";

namespace detail {

inline constexpr Family call_families[] = {
#define X(name, family, method) Family::family,
#include "catalogue/interposed.def"
};
#undef X

}  // namespace detail

#undef X_TIME64
#undef X_WATCH
#undef X_WATCH_TIME64

constexpr std::string_view name_of(Call call) { return nth_name(call_names, static_cast<unsigned>(call)); }

constexpr Family family_of(Call call) { return detail::call_families[static_cast<unsigned>(call)]; }

/// Whether a rule's `path` can be about `call`: it takes the path of what it opens, or it starts a program that may be
/// given what is known by a path.
constexpr bool has_path(Call call) {
  const Family family = family_of(call);
  return family == Family::open || family == Family::stdio || family == Family::temp || family == Family::exec;
}

/// Whether `call` looks for the program along PATH when its name has no '/'.
constexpr bool searches_path(Call call) {
  return call == Call::execvp || call == Call::execvpe || call == Call::execlp || call == Call::posix_spawnp;
}

/// Whether the program that `call` starts is another process: a child when it begins.
constexpr bool is_spawn(Call call) { return call == Call::posix_spawn || call == Call::posix_spawnp; }

/// A set of calls.
class CallSet {
 public:
  constexpr bool contains(Call call) const { return (words_[word(call)] & bit(call)) != 0; }
  constexpr void add(Call call) { words_[word(call)] |= bit(call); }

  constexpr void add(Family family) {
    for (unsigned i = 0; i < call_count; ++i)
      if (family_of(static_cast<Call>(i)) == family) add(static_cast<Call>(i));
  }

  /// Every call that makes a descriptor: what a rule is for that names none.
  constexpr void add_all_but_exec() {
    for (unsigned i = 0; i < call_count; ++i)
      if (family_of(static_cast<Call>(i)) != Family::exec) add(static_cast<Call>(i));
  }

  /// Whether test(Call) is true of all calls in it.
  constexpr bool all(auto&& test) const {
    for (unsigned i = 0; i < call_count; ++i)
      if (contains(static_cast<Call>(i)) && !test(static_cast<Call>(i))) return false;
    return true;
  }

 private:
  static constexpr unsigned word(Call call) { return static_cast<unsigned>(call) / 32; }
  static constexpr std::uint32_t bit(Call call) { return std::uint32_t{1} << static_cast<unsigned>(call) % 32; }

  std::uint32_t words_[(call_count + 31) / 32] = {};
};

}  // namespace cloexec
