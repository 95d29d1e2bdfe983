// SPDX-License-Identifier: Apache-2.0
//
// A program about to be started, and the descriptor numbers that it is told. Its words are read once, when somebody
// asks: there may be a thousand descriptors and fifty thousand arguments.
#pragma once

#include <cstdint>
#include <string_view>

#include "catalogue/call.h"
#include "policy/announced.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Start {
  Call call;
  const void* caller;
  const char* program;  // as it was named; null when only a descriptor names it
  char* const* arguments;
  char* const* environment;
  int program_fd = -1;  // fexecve(3), execveat(2): what a script's interpreter will open

  /// The program, or argv[0] when only a descriptor names it.
  std::string_view target() const;
};

class Told {
 public:
  explicit Told(const Start& start) : start_(start) {}

  /// Whether the new program is told this number.
  bool tells(int fd);

  /// Whether that was asked since this was last set to false.
  bool has_answered = false;

  /// The word that tells it; empty when it is not told, or by one of very many.
  std::string_view word_for(int fd);

  /// What the descriptor is, as /proc/self/fd has it. Valid until asked again.
  std::string_view object(int fd);

 private:
  void read();
  void note(const Announcement& said);

  static constexpr int most_bits = 4096;
  static constexpr unsigned most_ranges = 8;

  const Start& start_;
  bool is_read_ = false;
  unsigned count_ = 0;
  std::uint32_t bits_[most_bits / 32];  // lower numbers
  Announcement said_[most_ranges];      // the first announcements, and of higher numbers all that are known
  char object_[1024];
};

}  // namespace cloexec
