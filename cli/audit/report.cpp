// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/report.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cli/audit/identity.h"

namespace cloexec::cli {

std::string_view name_of(Class what) {
  constexpr std::array<std::string_view, classes.size()> names = {"leak", "exempt", "explicit", "foreign", "withheld"};
  return names[static_cast<std::size_t>(what)];
}

bool is_needed(const Crossing& crossing) {
  return !crossing.missed_by.empty() && !crossing.missed_by.ends_with("close");
}

bool is_unseen(const Exec& exec) { return !exec.has_shim && !exec.is_watched; }

Summary summary_of(const Report& report) {
  Summary summary{report.execs.size()};
  std::set<Identity> distinct;
  // What many execs have in common is there once.
  std::set<std::pair<const Crossing*, std::string_view>> known;
  for (const Exec& exec : report.execs) {
    if (is_unseen(exec)) ++summary.unseen;
    if (exec.is_watched) ++summary.watched;
    for (const Crossing& crossing : exec.fds) {
      if (crossing.what == Class::withheld) {
        ++summary.withheld;
        if (is_needed(crossing)) ++summary.needed;
        continue;
      }
      ++summary.crossed;
      if (crossing.what != Class::leak) continue;
      ++summary.leaks;
      if (known.emplace(&crossing, exec.program).second) distinct.insert(identity_of(exec, crossing));
    }
  }
  summary.distinct = distinct.size();
  if (report.baseline)
    for (const Acceptance& one : report.baseline->entries) ++(one.times > 0 ? summary.accepted : summary.gone);
  return summary;
}

bool is_whole(const Report& report) {
  return report.lost == 0 && std::none_of(report.execs.begin(), report.execs.end(), is_unseen);
}

}  // namespace cloexec::cli
