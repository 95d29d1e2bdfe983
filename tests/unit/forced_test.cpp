// SPDX-License-Identifier: Apache-2.0
//
// The table of forced descriptors: to its end, beyond it, and as a vfork child sees it.

#include "shim/forced.h"

#include <gtest/gtest.h>

namespace cloexec {
namespace {

TEST(Forced, IsNotedUpToTheEndOfTheTable) {
  for (const int number : {0, 40000, 65535}) {
    note_forced(number, true);
    EXPECT_TRUE(is_forced(number)) << number;
    EXPECT_EQ(next_forced(number - number % 8, most_forced), number);
    note_forced(number, false);
    EXPECT_FALSE(is_forced(number)) << number;
  }
  EXPECT_EQ(forced_end(), most_forced);
  EXPECT_EQ(next_forced(0, most_forced), static_cast<int>(most_forced));
}

TEST(Forced, IsNothingBeyondTheTable) {
  for (const int number : {65536, 70000, 2147483647, -1}) {
    note_forced(number, true);
    EXPECT_FALSE(is_forced(number)) << number;
  }
  EXPECT_LE(forced_end(), most_forced);
}

TEST(Forced, OfAVforkChildIsItsOwnUpTo1024) {
  for (const int number : {20, 1023, 1024}) note_forced(number, true);
  begin_vfork_child();
  for (const int number : {20, 1023, 1024}) note_forced(number, false);
  note_forced(30, true);
  EXPECT_FALSE(is_forced(20));
  EXPECT_FALSE(is_forced(1023));
  EXPECT_TRUE(is_forced(1024));
  EXPECT_EQ(next_forced(0, most_forced), 30);
  begin_vfork_child();  // a child's child begins with what the child has
  EXPECT_TRUE(is_forced(30));
  vfork_depth -= 2;
  EXPECT_TRUE(is_forced(20));
  EXPECT_TRUE(is_forced(1023));
  EXPECT_FALSE(is_forced(30));
  for (const int number : {20, 1023, 1024}) note_forced(number, false);
}

}  // namespace
}  // namespace cloexec
