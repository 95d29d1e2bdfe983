// SPDX-License-Identifier: Apache-2.0

#include "cli/secure.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace cloexec::cli {
namespace {

/// Pairs of a type and a value, of the process's own word size. Absent when there are none yet, or when they cannot be
/// of that size: all types that there are are small numbers.
template <typename Word>
std::optional<bool> secure_in(std::string_view vector) {
  constexpr Word highest = 1024;
  std::optional<bool> is_set;
  for (; vector.size() >= 2 * sizeof(Word); vector.remove_prefix(2 * sizeof(Word))) {
    Word entry[2];
    std::memcpy(entry, vector.data(), sizeof entry);
    if (entry[0] == AT_NULL) return is_set;
    if (entry[0] > highest) return {};
    is_set = entry[0] == AT_SECURE ? entry[1] != 0 : is_set.value_or(false);
  }
  return {};
}

/// "Uid:\tREAL\tEFFECTIVE\t..."
bool differ(std::string_view status, std::string_view name) {
  const std::size_t at = status.find(fmt::format("\n{}:\t", name));
  if (at == std::string_view::npos) return false;
  std::string_view fields = status.substr(at + name.size() + 3);
  fields = fields.substr(0, fields.find('\n'));
  const std::size_t tab = std::min(fields.find('\t'), fields.size());
  const std::string_view real = fields.substr(0, tab);
  fields.remove_prefix(std::min(tab + 1, fields.size()));
  return fields.substr(0, fields.find('\t')) != real;
}

}  // namespace

std::optional<bool> is_secure(const ProcFolder& process) {
  const std::string vector = process.content("auxv");
  const auto found = secure_in<std::uint64_t>(vector);
  return found ? found : secure_in<std::uint32_t>(vector);
}

bool starts_secure(const ProcFolder& process) {
  const std::string status = process.content("status");
  return differ(status, "Uid") || differ(status, "Gid");
}

}  // namespace cloexec::cli
