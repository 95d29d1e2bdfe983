// SPDX-License-Identifier: Apache-2.0
//
// Descriptor numbers as users write them.

#include "policy/number_set.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace cloexec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Parsed {
  NumberSet set;
  std::vector<unsigned> columns;  // of complaints
};

Parsed parse(std::string_view text) {
  Parsed parsed;
  parse_numbers(text, parsed.set, [&](const Complaint& complaint) { parsed.columns.push_back(complaint.column); });
  return parsed;
}

TEST(NumberSet, HoldsNumbersAndRanges) {
  const Parsed parsed = parse("3,5-7, 12 ");
  EXPECT_THAT(parsed.columns, IsEmpty());
  for (const int inside : {3, 5, 6, 7, 12}) EXPECT_TRUE(parsed.set.contains(inside)) << inside;
  for (const int outside : {-1, 0, 2, 4, 8, 11, 13}) EXPECT_FALSE(parsed.set.contains(outside)) << outside;
  EXPECT_EQ(parsed.set.highest(), 12);
}

TEST(NumberSet, KnowsItsHighestInWhateverOrder) {
  EXPECT_EQ(parse("12,3,5-7").set.highest(), 12);
  EXPECT_EQ(parse("5-7,3").set.highest(), 7);
}

TEST(NumberSet, TakesTabsForBlanks) {
  const Parsed parsed = parse("\t3\t,\t5-7");
  EXPECT_THAT(parsed.columns, IsEmpty());
  EXPECT_TRUE(parsed.set.contains(3) && parsed.set.contains(7));
  EXPECT_TRUE(lists_number("\t3\t,\t5-7", 6));
}

TEST(NumberSet, TakesEmptyItemsForNothing) {
  for (const auto* text : {"", ",", " , ,"}) {
    const Parsed parsed = parse(text);
    EXPECT_THAT(parsed.columns, IsEmpty()) << text;
    EXPECT_EQ(parsed.set.highest(), -1) << text;
  }
}

TEST(NumberSet, NamesTheColumnOfWhatIsMalformedAndKeepsTheRest) {
  const Parsed parsed = parse("3,x,5-,7-6,9 10,-4,12");
  EXPECT_THAT(parsed.columns, ElementsAre(3, 5, 8, 12, 17));
  for (const int inside : {3, 12}) EXPECT_TRUE(parsed.set.contains(inside)) << inside;
  for (const int outside : {4, 5, 6, 7, 9, 10}) EXPECT_FALSE(parsed.set.contains(outside)) << outside;
}

TEST(NumberSet, TakesTheLargestIntAndNoMore) {
  EXPECT_TRUE(parse("2147483647").set.contains(2147483647));
  EXPECT_THAT(parse("2147483648").columns, ElementsAre(1));
  EXPECT_THAT(parse("99999999999999999999999999").columns, ElementsAre(1));
  EXPECT_THAT(parse("3-2147483648").columns, ElementsAre(1));
}

TEST(NumberSet, ComplainsWhenThereIsNoRoom) {
  std::string text;
  for (int i = 0; i < 34; ++i) text += std::to_string(2 * i + 10) + ",";
  const Parsed parsed = parse(text);
  EXPECT_EQ(parsed.columns.size(), 1U);
  EXPECT_TRUE(parsed.set.contains(10 + 2 * 32));
  EXPECT_FALSE(parsed.set.contains(10 + 2 * 33));
}

TEST(NumberSet, IsUsableAtCompileTime) {
  constexpr bool holds = [] {
    NumberSet set;
    parse_numbers("3,5-7", set, [](const Complaint&) {});
    return set.contains(6) && !set.contains(4);
  }();
  static_assert(holds);
}

}  // namespace
}  // namespace cloexec
