// SPDX-License-Identifier: Apache-2.0
//
// A number among a command's arguments tells nobody about a descriptor. Bare every one of them gets all 28.

#include "ask.h"

namespace {

class Daemon : public testing::TestWithParam<std::string> {};

TEST_P(Daemon, GivesNothingToCommandsWhoseArgumentsAreNumbers) {
  EXPECT_THAT(bare({DAEMON, COMMANDS, GetParam()}), testing::EndsWith("\ncommands=81 given=81\n"));
  EXPECT_EQ(shimmed({DAEMON, COMMANDS, GetParam()}), "commands=81 given=0\n");
}

INSTANTIATE_TEST_SUITE_P(Way, Daemon, testing::Values("fork", "vfork", "spawn", "popen"),
                         [](const auto& way) { return way.param; });

}  // namespace
