// SPDX-License-Identifier: Apache-2.0
//
// Leaks that somebody has accepted. They are known again by what they are: the numbers and names that differ from run
// to run do not count.
#pragma once

#include <compare>
#include <set>
#include <string>
#include <string_view>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// What a leak has in common with itself in the next run. What differs there has become "*".
struct Identity {
  std::string program;  // the one started
  std::string creator;  // the one that made the descriptor
  std::string module;
  std::string call;
  std::string target;

  auto operator<=>(const Identity&) const = default;
};

Identity identity_of(const Exec& exec, const Crossing& crossing);

/// `target` without what differs from run to run: pids, inodes, ports, descriptor numbers and the made-up part of
/// temporary names. "/tmp/ccXy12zz.s" becomes "/tmp/*.s", "pipe:[123]" "pipe:[*]".
std::string general(std::string_view target);

class Baseline {
 public:
  /// Throws std::runtime_error that names the file and the place in it.
  static Baseline read(const std::string& path);

  static Baseline of(const Report& report);

  /// As JSON, version 1, sorted: a line of a diff is a leak more or less.
  std::string text() const;

  /// Makes the leaks of `report` that are accepted exempt, by a rule that names `path`.
  void apply(Report& report, const std::string& path) const;

 private:
  std::set<Identity> accepted_;
};

/// Whether a baseline has accepted it.
bool is_accepted(const Crossing& crossing);

}  // namespace cloexec::cli
