// SPDX-License-Identifier: Apache-2.0
//
// Gives a new program those descriptors that the shim has forced and that a rule for the exec family exempts; it, and
// nobody else's child.
#pragma once

#include <cstdint>

#include "shim/facts.h"
#include "shim/method/result.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// From now on another process shares our descriptors (clone(2) with CLONE_FILES): what is given to one program would
/// be open in others. Nothing is given any more.
void stop_giving();

/// What starts a program. It is told the signals that this thread had blocked, when it has all blocked now; else null.
class Starter {
 public:
  template <typename Closure>
  explicit Starter(const Closure& closure)
      : closure_(&closure), start_([](const void* object, const std::uint64_t* mask) {
          return to_word((*static_cast<const Closure*>(object))(mask));
        }) {}

  Word operator()(const std::uint64_t* mask) const { return start_(closure_, mask); }

 private:
  const void* closure_;
  Word (*start_)(const void*, const std::uint64_t*);
};

/// Starts the program and gives it what is its. Returns only when the exec has failed, or when the program runs as
/// another process.
Word start_program(const Start& about, Starter start);

template <typename Result>
Result start_program(const Start& about, auto start) {
  return from_word<Result>(start_program(about, Starter(start)));
}

/// Tells an audit that only watches what would be given.
void record_gifts(const Start& about);

}  // namespace cloexec
