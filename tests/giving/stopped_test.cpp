// SPDX-License-Identifier: Apache-2.0
//
// What comes in the midst of a start, at its worst moment: the program goes on as if it had come before or after.

#include "ask.h"

namespace {

TEST(Stopped, ByAJumpIsWaitedForOnce) {
  for (const std::string way : {"fork", "vfork", "spawn"}) {
    EXPECT_EQ(bare({STOPPED, "jump", way}), "first=0 later=0\n") << way;
    // Twenty milliseconds, one at a time.
    EXPECT_THAT(shimmed({STOPPED, "jump", way}), testing::MatchesRegex("first=1?[0-9] later=0\n|first=20 later=0\n"))
        << way;
  }
}

TEST(Stopped, ByAnotherStartStillGivesWhatItIsTold) {
  for (const std::string how : {"fork", "vfork", "handler"}) {
    EXPECT_EQ(bare({STOPPED, "again", how}), "arrived 3=/etc/passwd\n") << how;
    EXPECT_EQ(shimmed({STOPPED, "again", how}), "arrived 3=/etc/passwd\n") << how;
  }
}

TEST(Stopped, ByAThreadThatMakesItInheritableLeavesItSo) {
  for (const std::string when : {"give", "take"}) {
    EXPECT_EQ(bare({STOPPED, "cleared", when}), "arrived 3=/etc/passwd\ncleared meanwhile: no; flag: clear\n");
    EXPECT_EQ(shimmed({STOPPED, "cleared", when}), "arrived 3=/etc/passwd\ncleared meanwhile: yes; flag: clear\n")
        << when;
    EXPECT_EQ(bare({STOPPED, "cleared", when + "-exec"}), "cleared meanwhile: no; flag: clear\n");
    EXPECT_EQ(shimmed({STOPPED, "cleared", when + "-exec"}), "cleared meanwhile: yes; flag: clear\n") << when;
  }
}

}  // namespace
