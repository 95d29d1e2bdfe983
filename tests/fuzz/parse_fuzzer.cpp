// SPDX-License-Identifier: Apache-2.0
//
// The parser on any bytes: every rule lies within the text and means the same when it is read again by itself, and
// every complaint names a place that exists.

#include <algorithm>
#include <memory>
#include <string_view>

#include "policy/parse.h"
#include "target.h"

using namespace cloexec;

namespace {

bool is_within(Slice slice, std::string_view text) { return std::size_t{slice.begin} + slice.size <= text.size(); }

bool is_same_set(const CallSet& one, const CallSet& other) {
  for (unsigned i = 0; i < call_count; ++i)
    if (one.contains(static_cast<Call>(i)) != other.contains(static_cast<Call>(i))) return false;
  return true;
}

void require_same(const Rule& one, std::string_view text, const Rule& other, std::string_view other_text) {
  REQUIRE(one.action == other.action && one.when == other.when &&
          one.keys.all([&](Key key) { return other.has(key); }) && other.keys.has_none_but(one.keys));
  REQUIRE(is_same_set(one.calls, other.calls));
  for (std::size_t key = 0; key < std::size(one.values); ++key)
    REQUIRE(one.values[key].of(text) == other.values[key].of(other_text));
}

void look_at(const Rule& rule, std::string_view text) {
  REQUIRE(is_within(rule.text, text));
  const std::string_view alone = rule.text.of(text);
  REQUIRE(alone.starts_with("exempt") || alone.starts_with("force"));
  REQUIRE(rule.line >= 1 && rule.line <= 1 + std::count(text.begin(), text.end(), '\n'));
  for (const Slice& value : rule.values) REQUIRE(is_within(value, text));

  unsigned count = 0;
  parse_policy(
      alone,
      [&](const Rule& again) {
        ++count;
        require_same(rule, text, again, alone);
      },
      [](const Complaint&) { abort(); });
  REQUIRE(count == 1);
}

void look_at(const Complaint& complaint, std::string_view text) {
  REQUIRE(complaint.line >= 1 && complaint.line <= 1 + std::count(text.begin(), text.end(), '\n'));
  for (unsigned line = 1; line < complaint.line; ++line) text.remove_prefix(text.find('\n') + 1);
  // One past the line's end: what is missing there.
  REQUIRE(complaint.column >= 1 && complaint.column <= std::min(text.find('\n'), text.size()) + 1);
  std::size_t said = 0;
  complaint.say([&](std::string_view part) { said += part.size(); });
  REQUIRE(said > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that a byte too far is seen.
  const auto copy = std::make_unique<char[]>(size);
  std::copy_n(data, size, copy.get());
  const std::string_view text(copy.get(), size);
  unsigned rules = 0;
  parse_policy(
      text,
      [&](const Rule& rule) {
        ++rules;
        look_at(rule, text);
      },
      [&](const Complaint& complaint) { look_at(complaint, text); });
  REQUIRE(rules <= most_rules);
  return 0;
}
