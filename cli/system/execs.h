// SPDX-License-Identifier: Apache-2.0
//
// Makes a report's execs of what the kernel tells: what crossed each, and what the policy says of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/audit/report.h"
#include "cli/system/images.h"
#include "policy/number_set.h"
#include "policy/policy.h"
#include "supervise/told.h"
#include "watch/exec.h"

namespace cloexec::cli {

class SystemExecs {
 public:
  struct Rules {
    NumberSet allowed;
    std::span<const RuleSet> sets;
  };

  /// `units`: only execs of these are for the report, a list of globs; empty is all. The policy needs to know of the
  /// others, too.
  SystemExecs(Rules rules, Images& images, std::string units);

  void take(const watch::Exec& exec);

  std::size_t execs() const { return execs_.size(); }
  std::size_t leaks() const { return leaks_; }

  /// Descriptors of which nothing but the number was told.
  std::uint64_t unknown() const { return unknown_; }

  std::vector<Exec> finish() { return std::move(execs_); }

 private:
  using Crossings = std::shared_ptr<const Crossed>;

  Crossings crossed(const watch::Exec& exec, Image& before, const std::vector<supervise::Told>& told);
  Crossings judged(const watch::Exec& exec, Image& before, const std::vector<supervise::Told>& told);
  std::shared_ptr<const Crossing> judge(const watch::Exec& exec, const watch_block& block, int fd,
                                        const watch::Descriptor& descriptor, Image& before,
                                        const std::vector<supervise::Told>& told);
  std::vector<supervise::Told> told_by(const watch::Exec& exec, Image& before);

  Rules rules_;
  Images& images_;
  std::string units_;
  std::vector<Exec> execs_;
  std::unordered_map<std::string, Crossings> known_;  // by all that it depends on
  std::size_t leaks_ = 0;
  std::uint64_t unknown_ = 0;
  std::int64_t epoch_;  // of the kernel's clock: milliseconds
};

}  // namespace cloexec::cli
