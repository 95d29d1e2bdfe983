// SPDX-License-Identifier: Apache-2.0
//
// The longest policies: places and lengths in them are kept in 16 bits.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/decide.h"
#include "policy/parse.h"

namespace cloexec {
namespace {

struct Parsed {
  std::vector<Rule> rules;
  unsigned complaints = 0;
};

Parsed parse(std::string_view text) {
  Parsed parsed;
  parse_policy(
      text, [&](const Rule& rule) { parsed.rules.push_back(rule); }, [&](const Complaint&) { ++parsed.complaints; });
  return parsed;
}

TEST(Limits, ARuleMayFillThePolicy) {
  const std::string begin = "exempt open path=";
  const std::string value(longest_policy - begin.size(), 'x');
  const std::string text = begin + value;
  const Parsed parsed = parse(text);
  EXPECT_EQ(parsed.complaints, 0U);
  ASSERT_EQ(parsed.rules.size(), 1U);
  EXPECT_EQ(parsed.rules[0].value(Key::path).of(text), value);
}

TEST(Limits, AValueMayStandAtTheVeryEnd) {
  const std::string rule = "exempt pipe fd=77";
  const std::string text = std::string(longest_policy - rule.size(), ';') + rule;
  const Parsed parsed = parse(text);
  EXPECT_EQ(parsed.complaints, 0U);
  ASSERT_EQ(parsed.rules.size(), 1U);
  EXPECT_EQ(parsed.rules[0].value(Key::fd).of(text), "77");
  EXPECT_EQ(parsed.rules[0].text.of(text), rule);
}

TEST(Limits, ARuleThatIsCutOffIsNone) {
  const std::string rule = "exempt pipe fd=77";
  const std::string text = std::string(longest_policy - rule.size() + 1, '\n') + rule;
  const Parsed parsed = parse(text);
  EXPECT_EQ(parsed.complaints, 1U);
  EXPECT_TRUE(parsed.rules.empty());
  EXPECT_EQ(parse(std::string(longest_policy + 1, 'x')).rules.size(), 0U);
}

TEST(Limits, NumbersMayBeAsLargeAsAnInt) {
  const std::string text = "exempt open fd=2147483647; exempt open fd=0-2147483647; exempt open fd=2147483648";
  const Parsed parsed = parse(text);
  EXPECT_EQ(parsed.complaints, 1U);
  ASSERT_EQ(parsed.rules.size(), 2U);
  EXPECT_TRUE(lists_number(parsed.rules[0].value(Key::fd).of(text), 2147483647));
  EXPECT_FALSE(lists_number(parsed.rules[0].value(Key::fd).of(text), 2147483646));
  EXPECT_TRUE(lists_number(parsed.rules[1].value(Key::fd).of(text), 2147483647));
}

}  // namespace
}  // namespace cloexec
