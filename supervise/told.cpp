// SPDX-License-Identifier: Apache-2.0

#include "supervise/told.h"

#include <unordered_set>

#include "policy/announced.h"

namespace cloexec::supervise {

std::vector<Told> told_to(const std::string& path, std::string_view target, const Strings& arguments,
                          const Strings& environment, const Strings& before) {
  std::vector<Told> told;
  detail::take_path(path.c_str(), [&](int first, int last) { told.push_back({first, last, {}}); });
  std::unordered_set<std::string_view> known;
  for (const char* const* entry = before.list(); *entry != nullptr; ++entry) known.insert(*entry);
  const auto is_new = [&](const char* entry) { return !known.contains(entry); };
  each_announcement(target, arguments.list(), environment.list(), is_new, [&](const Announcement& said) {
    std::string by(said.by);
    if (!said.behind.empty()) by.append(" ").append(said.behind);
    told.push_back({said.first, said.last, std::move(by)});
  });
  return told;
}

}  // namespace cloexec::supervise
