// SPDX-License-Identifier: Apache-2.0
//
// A start that is interrupted: no handler sees a flag that is clear for the exec, and one that leaves by a jump leaves
// the process as it was.

#include "ask.h"

namespace {

class Interrupted : public testing::TestWithParam<std::string> {};

TEST_P(Interrupted, ByAHandlerThatForksShowsNoFlagThatIsClear) {
  EXPECT_EQ(bare({INTERRUPTED, "fork", GetParam()}), "children=200 open=200\n");
  EXPECT_EQ(shimmed({INTERRUPTED, "fork", GetParam()}), "children=200 open=0\n");
}

TEST_P(Interrupted, ByAJumpLeavesThreadsAndDescriptorsAsTheyWere) {
  const std::string fine = "main thread: yes; seen by the other: yes; flag: ";
  EXPECT_EQ(bare({INTERRUPTED, "jump", GetParam()}), fine + "clear\n");
  // What is there and cannot be started all the same (a script without an interpreter) is given before that shows; the
  // flag is set again when the next program is started.
  const std::string said = shimmed({INTERRUPTED, "jump", GetParam()});
  if (GetParam() == "script")
    EXPECT_THAT(said, testing::AnyOf(fine + "set\n", fine + "clear\n"));
  else
    EXPECT_EQ(said, fine + "set\n");
}

INSTANTIATE_TEST_SUITE_P(Way, Interrupted,
                         testing::Values("execv", "execvp", "script", "spawn", "spawnp", "execv-threads",
                                         "execvp-threads", "spawn-threads"),
                         [](const auto& way) {
                           std::string name = way.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
