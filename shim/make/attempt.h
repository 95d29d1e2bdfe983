// SPDX-License-Identifier: Apache-2.0
//
// One call that may make a descriptor, as the program wrote it.
#pragma once

#include "shim/decide/site.h"
#include "shim/host/word.h"
#include "shim/make/recipe.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The two ways in which a call can be made.
enum class Form : std::uint8_t {
  atomic,  // with close-on-exec asked for in the call itself
  plain,   // as the program wrote it
};

struct Attempt {
  const Recipe& recipe;
  const void* caller;         // an address in the code that made the call
  const Word* words;          // its arguments, most_words of room
  bool is_by_number = false;  // through syscall(2): the first word is the system call's number
  // By number: a preload below wraps the function, so that what this raw call shows must not be taken to hold for it
  // (would_mislead, interpose/syscall.cpp). freopen: it closes the stream when it fails, and opens are known to be
  // refused.
  bool must_stay_plain = false;

  /// What rules look at in it.
  Site site() const { return {recipe.call, caller, recipe.subject >= 0 ? words[recipe.subject] : 0}; }

  /// Its arguments without that number.
  const Word* arguments() const { return words + (is_by_number ? 1 : 0); }
};

// These read what the arguments point to: a bad pointer faults here. errno unchanged; they may be called in a signal
// handler and between fork and exec.

/// Whether the call makes no descriptor with these arguments, or none that could be forced.
bool makes_none(const Attempt& attempt);

/// Whether the program asks for close-on-exec itself.
bool is_asked_for(const Attempt& attempt);

/// Whether the atomic form cannot say what the program wrote, or libcs differ in what they make of that.
bool has_no_atomic_form(const Attempt& attempt);

/// Of accept: the kernel says EINVAL of a negative length when it has taken the connection, and musl's accept4 then
/// accepts another one unless its flags are 0. There is no descriptor to mark in any case.
constexpr bool is_bad_length(const void* address, const unsigned* length) {
  return address != nullptr && length != nullptr && static_cast<int>(*length) < 0;
}

}  // namespace cloexec
