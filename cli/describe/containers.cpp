// SPDX-License-Identifier: Apache-2.0

#include "cli/describe/containers.h"

#include <algorithm>

namespace cloexec::cli {
namespace {

/// "docker-", "libpod-", "cri-containerd-", "crio-" and an identifier of 64 digits.
std::string identifier_in(std::string_view name) {
  constexpr std::size_t digits = 64;
  constexpr std::size_t shown = 12;
  const auto is_hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (name.ends_with(".scope")) name.remove_suffix(6);
  if (name.size() < digits) return {};
  const std::string_view end = name.substr(name.size() - digits);
  const bool is_one = std::all_of(end.begin(), end.end(), is_hexadecimal) &&
                      (name.size() == digits || name[name.size() - digits - 1] == '-');
  return is_one ? std::string(end.substr(0, shown)) : std::string();
}

std::string name_in(std::string_view name) {
  for (const std::string_view prefix : {"lxc.payload.", "machine-", "crun-", "libcrun-"})
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      if (name.ends_with(".scope")) name.remove_suffix(6);
      return std::string(name);
    }
  return {};
}

}  // namespace

std::string container_in(std::string_view group) {
  std::string found;
  while (!group.empty()) {
    const std::string_view name = group.substr(0, group.find('/'));
    group.remove_prefix(std::min(name.size() + 1, group.size()));
    if (std::string one = identifier_in(name); !one.empty()) found = one;
    if (std::string one = name_in(name); !one.empty() && !name.ends_with(".slice")) found = one;
  }
  return found;
}

}  // namespace cloexec::cli
