// SPDX-License-Identifier: Apache-2.0

#include "cli/describe/users.h"

#include <pwd.h>

#include <charconv>
#include <map>

namespace cloexec::cli {

const std::string& name_of_user(uid_t number) {
  static std::map<uid_t, std::string> known;
  const auto [entry, is_new] = known.try_emplace(number);
  if (is_new) {
    const passwd* user = getpwuid(number);
    entry->second = user != nullptr ? user->pw_name : std::to_string(number);
  }
  return entry->second;
}

std::optional<uid_t> number_of_user(const std::string& name) {
  if (const passwd* user = getpwnam(name.c_str()); user != nullptr) return user->pw_uid;
  uid_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stopped, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc{} || stopped != end) return {};
  return number;
}

}  // namespace cloexec::cli
