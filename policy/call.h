// SPDX-License-Identifier: Apache-2.0
//
// The functions of the catalogue and their families, as values and by name: what a rule can speak of. All names are
// known on every architecture, so that one policy file serves all.
#pragma once

#include <cstdint>
#include <string_view>

namespace cloexec {

#define X_TIME64 X

enum class Call : std::uint8_t {
#define X(name, family, method) name,
#include "shim/interposed.def"
#undef X
};

#define X(name, family, method) +1
inline constexpr unsigned call_count = 0
#include "shim/interposed.def"
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
  syscall
};

namespace detail {

// Names one behind the other, each ended by a NUL: an array of pointers would be relocated in every process.
inline constexpr char call_names[] =
#define X(name, family, method) #name "\0"
#include "shim/interposed.def"
    ;
#undef X

inline constexpr Family call_families[] = {
#define X(name, family, method) Family::family,
#include "shim/interposed.def"
};
#undef X

inline constexpr char family_names[] =
    "open\0stdio\0temp\0dup\0dup2\0pipe\0socket\0accept\0receive\0event\0pty\0mount\0syscall\0";

/// The name at place `index` of such a list; empty behind the last.
constexpr std::string_view nth_name(const char* names, unsigned index) {
  for (; index > 0 && *names != '\0'; --index) names += std::string_view(names).size() + 1;
  return names;
}

}  // namespace detail

#undef X_TIME64

constexpr std::string_view name_of(Call call) {
  return detail::nth_name(detail::call_names, static_cast<unsigned>(call));
}

constexpr std::string_view name_of(Family family) {
  return detail::nth_name(detail::family_names, static_cast<unsigned>(family));
}

constexpr Family family_of(Call call) { return detail::call_families[static_cast<unsigned>(call)]; }

/// A set of calls.
class CallSet {
 public:
  constexpr bool contains(Call call) const { return (words_[word(call)] & bit(call)) != 0; }
  constexpr void add(Call call) { words_[word(call)] |= bit(call); }

  constexpr void add(Family family) {
    for (unsigned i = 0; i < call_count; ++i)
      if (family_of(static_cast<Call>(i)) == family) add(static_cast<Call>(i));
  }

  constexpr void add_all() {
    for (unsigned i = 0; i < call_count; ++i) add(static_cast<Call>(i));
  }

 private:
  static constexpr unsigned word(Call call) { return static_cast<unsigned>(call) / 32; }
  static constexpr std::uint32_t bit(Call call) { return std::uint32_t{1} << static_cast<unsigned>(call) % 32; }

  std::uint32_t words_[(call_count + 31) / 32] = {};
};

}  // namespace cloexec
