// SPDX-License-Identifier: Apache-2.0
//
// What one process's exec is given nobody else gets, although they have one descriptor table; and what is ours in one
// table is not in another.

#include "ask.h"

namespace {

/// What is clear in a table that two processes share is open to both: neither gives anything.
TEST(Tables, WhatTwoProcessesShareIsGivenToNobody) {
  const std::string file = "arrived 3=/etc/passwd";
  for (const std::string what : {"told", "told-by-name", "own", "own-by-name"})
    for (const std::vector<std::string>& how : {std::vector<std::string>{TABLES, what}, {TABLES, what, "memory"}}) {
      const std::string all = file + (what.starts_with("own") ? " 4=/etc/group\n" : "\n");
      EXPECT_EQ(bare(how), all + "flag after clear\n" + all) << testing::PrintToString(how);
      EXPECT_EQ(shimmed(how), "arrived\nflag after set\narrived\n") << testing::PrintToString(how);
    }
}

TEST(Tables, NobodySeesThatAFlagIsClear) {
  EXPECT_EQ(bare({TABLES, "seen"}), "children=300 open=300\n");
  EXPECT_EQ(shimmed({TABLES, "seen"}), "children=300 open=0\n");
}

TEST(Tables, OfAThreadAreItsOwn) {
  const std::string right = "thread arrived\nmain:  arrived 3=/etc/passwd\n";
  EXPECT_EQ(bare({TABLES, "apart"}), right);
  // At most that: what cannot be shown to be ours is not given.
  EXPECT_THAT(shimmed({TABLES, "apart"}), testing::AnyOf(right, "thread arrived\nmain:  arrived\n"));
}

}  // namespace
