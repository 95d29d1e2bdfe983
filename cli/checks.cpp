// SPDX-License-Identifier: Apache-2.0

#include "cli/checks.h"

#include <fmt/format.h>

#include <charconv>

namespace cloexec::cli {

CLI::Validator seconds_between(double least, double most) {
  const auto check = [=](const std::string& text) -> std::string {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc{} && at == end && value >= least && value <= most) return {};
    return fmt::format("a number of seconds from {} to {} is expected, not '{}'", least, most, text);
  };
  return {check, ""};
}

CLI::Validator something_named() {
  return {[](const std::string& text) { return text.empty() ? "names nothing" : ""; }, ""};
}

}  // namespace cloexec::cli
