// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>

#include "cli/message.h"
#include "cli/ps/report.h"

namespace cloexec::cli {
namespace {

template <typename Predicate>
std::size_t count(const std::vector<Listed>& processes, Predicate predicate) {
  return static_cast<std::size_t>(std::count_if(processes.begin(), processes.end(), predicate));
}

bool does_not_enforce(const Listed& process) {
  return !process.shims.empty() && process.settings &&
         (process.settings->mode != "enforce" || process.settings->is_switched_off);
}

bool has_old_shim(const Listed& process) {
  return std::any_of(process.shims.begin(), process.shims.end(), is_replaced);
}

}  // namespace

std::string summary_of(const Listing& listing) {
  const auto& processes = listing.processes;
  std::size_t fds = 0;
  for (const Listed& process : processes) fds += process.fds.size();
  std::string text = fmt::format("{} in {} of {}; the shim is in {}\n",
                                 counted(fds, "inheritable descriptor", "inheritable descriptors"),
                                 count(processes, [](const Listed& process) { return !process.fds.empty(); }),
                                 counted(processes.size(), "process", "processes"),
                                 count(processes, [](const Listed& process) { return !process.shims.empty(); }));
  if (const auto some = count(processes, does_not_enforce); some > 0)
    text += fmt::format("it only observes, or is off, in {}\n", some);
  if (const auto some = count(processes, has_old_shim); some > 0)
    text += fmt::format("its file was replaced or removed since in {}; a restart takes what is there now\n", some);
  if (const auto some = count(processes, [](const Listed& process) { return process.shims.size() > 1; }); some > 0)
    text += fmt::format("more than one copy of it is in {}; the one that was loaded first is at work\n", some);
  if (!listing.unreadable.empty())
    text += fmt::format("{} more may not be read by this user\n", listing.unreadable.size());
  if (listing.is_part) text += "processes of others are hidden here: see hidepid= in proc(5)\n";
  return text;
}

}  // namespace cloexec::cli
