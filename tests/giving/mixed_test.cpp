// SPDX-License-Identifier: Apache-2.0
//
// Children that are made in one way by children that were made in another. Who is told a number that is the caller's,
// or was its parent's, gets it; a child that this program made by its own instruction is not known to libc, and has
// nothing of its parent's any more.

#include "ask.h"

namespace {

const std::vector<std::string> inner_ways = {"none",   "fork",        "vfork", "clone",
                                             "number", "instruction", "spawn", "actions"};

class Mixed : public testing::TestWithParam<std::string> {};

TEST_P(Mixed, ChildrenGiveWhatIsTold) {
  for (const std::string& inner : inner_ways) {
    const bool is_unseen = GetParam() == "instruction" || inner == "instruction";
    EXPECT_EQ(bare({MIXED, GetParam(), inner}), "arrived 3=/etc/passwd\n") << inner;
    EXPECT_EQ(shimmed({MIXED, GetParam(), inner}), is_unseen ? "arrived\n" : "arrived 3=/etc/passwd\n") << inner;
    EXPECT_EQ(bare({MIXED, GetParam(), inner, "own"}), "arrived 3=/etc/passwd 4=/etc/group\n") << inner;
    EXPECT_EQ(shimmed({MIXED, GetParam(), inner, "own"}),
              inner == "instruction" ? "arrived\n" : "arrived 4=/etc/group\n")
        << inner;
  }
}

INSTANTIATE_TEST_SUITE_P(Way, Mixed, testing::Values("fork", "vfork", "clone", "number", "instruction"),
                         [](const auto& way) { return way.param; });

TEST(Mixed, ChildrenDoWhateverElseThereIs) {
  EXPECT_EQ(run({MIXED, "many", "number"}, nothing_preloaded).err, "children=400 failed=0\n");
  for (const std::string way : {"number", "instruction", "vfork"})
    EXPECT_EQ(run({MIXED, "many", way}, shim_preloaded).err, "children=400 failed=0\n") << way;
}

}  // namespace
