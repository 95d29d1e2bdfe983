// SPDX-License-Identifier: Apache-2.0
//
// A program about to be started, and the descriptor numbers that it is told. Its words are read once, when somebody
// asks: there may be a thousand descriptors and fifty thousand arguments. Nothing here fails or changes errno, and all
// may be called in a signal handler and between fork and exec. What reads the words faults where a pointer is bad.
#pragma once

#include <cstdint>
#include <string_view>

#include "catalogue/call.h"
#include "policy/announced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// A program about to be started: what a call of the exec family says, as the program wrote it.
struct Start {
  Call call;                 // the call of the catalogue
  const void* caller;        // an address in the code that made it
  const char* program;       // as it was named; null when only a descriptor names it
  char* const* arguments;    // each may be null, as Linux allows (execve(2))
  char* const* environment;  // what the new program gets
  int program_fd = -1;       // fexecve(3), execveat(2): what a script's interpreter will open

  /// The program as it was named, or argv[0] when only a descriptor names it; empty without either. They must be
  /// readable: see is_there().
  std::string_view target() const;
};

/// The descriptor numbers that a new program is told. On the stack of who asks: it takes some 2 KiB.
class Told {
 public:
  /// Reads nothing yet. `start`, and what it points to, must live as long.
  explicit Told(const Start& start) : start_(start) {}

  /// Whether the new program is told number `fd`. The first time its words are read.
  bool tells(int fd);

  /// Whether tells() was asked since this was last set to false.
  bool has_answered = false;

  /// The word that tells number `fd`, within the new program's words; empty when it is not told, or by one of very
  /// many.
  std::string_view word_for(int fd);

  /// What descriptor `fd` is, as /proc/self/fd has it (proc(5)); empty when it cannot be had, or has 1024 bytes or
  /// more. Valid until asked again.
  std::string_view object(int fd);

 private:
  /// Reads the new program's words.
  void read();

  /// Keeps what a word announces.
  void note(const Announcement& said);

  static constexpr int most_bits = 4096;      // numbers with a bit
  static constexpr unsigned most_ranges = 8;  // announcements that are kept whole

  const Start& start_;
  bool is_read_ = false;
  unsigned count_ = 0;
  std::uint32_t bits_[most_bits / 32];  // lower numbers
  Announcement said_[most_ranges];      // the first announcements, and of higher numbers all that are known
  char object_[1024];
};

}  // namespace cloexec
