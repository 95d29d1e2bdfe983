// SPDX-License-Identifier: Apache-2.0
//
// Leaks that somebody has accepted, and why.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/audit/identity.h"
#include "cli/audit/report.h"

namespace cloexec::cli {

/// A glob, or the text itself; none when anything will do.
using Pattern = std::optional<std::string>;

/// Of one call.
struct FramePattern {
  Pattern function;
  Pattern module;
  Pattern file;
};

/// What it does not say may be anything.
struct BaselineEntry {
  std::array<Pattern, identity_fields.size()> fields;
  std::vector<FramePattern> frames;  // calls of the stack in this order, innermost first; others may be between them
  std::optional<std::size_t> count;  // so many at most of those that one program gets
  std::string reason;
};

class Baseline {
 public:
  /// Throws std::runtime_error that names the file and the place in it.
  static Baseline read(const std::string& path);

  /// Makes the leaks of `report` that are accepted exempt, by a rule that names the file, and notes in the report what
  /// each entry has accepted.
  void apply(Report& report) const;

  /// One that accepts all leaks of `report`, to which this was applied: the entries that still occur, as they are, and
  /// one for each leak that is new. As JSON, version 1, sorted: a line of a diff is a leak more or less.
  [[nodiscard]] std::string renewed(const Report& report) const;

 private:
  [[nodiscard]] std::optional<std::size_t> find(const Exec& exec, const Crossing& crossing,
                                                const std::map<std::size_t, std::size_t>& used) const;

  std::string path_;
  std::vector<BaselineEntry> entries_;
};

/// Whether a baseline has accepted it.
bool is_accepted(const Crossing& crossing);

}  // namespace cloexec::cli
