// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/threshold.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/message.h"

namespace cloexec::cli {
namespace {

constexpr int exceeded = 3;
constexpr int not_all_seen = 4;

/// A log wants few lines: those with most come first.
constexpr std::size_t most_named = 10;

std::string name_of(const Listed& process) {
  const std::string& unit = process.units.system;
  return fmt::format("{}[{}]{}{}", process.comm, process.pid, unit.empty() ? "" : " of ", unit);
}

}  // namespace

int judge_by(std::size_t most, const Listing& listing) {
  std::vector<const Listed*> above;
  for (const Listed& process : listing.processes)
    if (process.fds.size() > most) above.push_back(&process);
  std::stable_sort(above.begin(), above.end(),
                   [](const Listed* one, const Listed* other) { return one->fds.size() > other->fds.size(); });
  for (std::size_t i = 0; i < std::min(above.size(), most_named); ++i)
    say(fmt::format("{} has {}, more than {}", name_of(*above[i]),
                    counted(above[i]->fds.size(), "inheritable descriptor", "inheritable descriptors"), most));
  if (above.size() > most_named)
    say(fmt::format("{} more have more than {}", counted(above.size() - most_named, "process", "processes"), most));
  if (!listing.unreadable.empty())
    say(fmt::format("{} may not be read: nothing is known of their descriptors",
                    counted(listing.unreadable.size(), "process", "processes")));
  if (listing.is_part) say("processes of others are hidden here: see hidepid= in proc(5)");
  if (!above.empty()) return exceeded;
  const bool is_whole = !listing.processes.empty() && listing.unreadable.empty() && !listing.is_part;
  return is_whole ? 0 : not_all_seen;
}

}  // namespace cloexec::cli
