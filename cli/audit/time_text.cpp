// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <ctime>

namespace cloexec::cli {
namespace {

constexpr std::int64_t second = 1000;

}  // namespace

std::string time_text(std::int64_t time) {
  if (time <= 0) return {};
  const std::time_t seconds = time / second;
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, time % second);
}

std::int64_t time_from(const std::string& text) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S.", &parts);
  if (rest == nullptr) return 0;
  int milliseconds = 0;
  const auto [end, error] = std::from_chars(rest, text.c_str() + text.size(), milliseconds);
  const bool is_whole = error == std::errc() && end == rest + 3 && *end == 'Z' && end[1] == '\0';
  return is_whole ? std::int64_t{timegm(&parts)} * second + milliseconds : 0;
}

std::int64_t time_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace cloexec::cli
