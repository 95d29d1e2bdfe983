// SPDX-License-Identifier: Apache-2.0
//
// A new program, of which no instruction has been executed yet: what it was started as, and what it is told. Each is
// read when first asked for, and once.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/number_set.h"
#include "supervise/tracee.h"

namespace cloexec::supervise {

/// Strings one behind the other, each ended by a NUL, as /proc/PID/cmdline and /proc/PID/environ have them.
class Strings {
 public:
  explicit Strings(std::string text);
  Strings(const Strings&) = delete;
  Strings& operator=(const Strings&) = delete;

  /// Ends with a null pointer.
  const char* const* list() const { return pointers_.data(); }
  std::string_view first() const {
    return pointers_[0] != nullptr ? std::string_view(pointers_[0]) : std::string_view();
  }

 private:
  std::string text_;
  std::vector<const char*> pointers_;
};

/// The values that the kernel gives a program with it: getauxval(3).
class AuxiliaryValues {
 public:
  /// `text` is /proc/PID/auxv, of 32-bit programs too.
  explicit AuxiliaryValues(std::string_view text);

  /// 0 when it is not there.
  Word get(Word type) const;

 private:
  std::vector<std::pair<Word, Word>> values_;
};

class Program {
 public:
  explicit Program(pid_t process) : process_(process) {}

  const AuxiliaryValues& auxiliary();

  /// The path by which it was started: of a script the script's. "/dev/fd/7" when only a descriptor named it.
  const std::string& path();

  /// `path`, or argv[0] when only a descriptor named it: what a rule's `target` asks.
  std::string_view target();

  /// Whether it is told this number, by a word that speaks of descriptors or as what it is started from. `before`: what
  /// the process that starts it was itself started with, /proc/PID/environ; variables that are in there tell nothing.
  bool is_told(int fd, const std::string& before);

 private:
  void read_announcements(const std::string& before);
  const Strings& arguments();
  std::string_view argv0();

  pid_t process_;
  std::optional<AuxiliaryValues> auxiliary_;
  std::optional<std::string> path_;
  std::optional<Strings> arguments_;
  std::optional<std::vector<std::pair<int, int>>> announced_;
};

}  // namespace cloexec::supervise
