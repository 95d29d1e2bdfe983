// SPDX-License-Identifier: Apache-2.0
//
// A call that has failed has changed nothing: what was, and what comes, is given as ever.

#include "ask.h"

namespace {

TEST(Failing, CallChangesNothing) {
  for (const std::string call : {"clone",
                                 "clone-stackless",
                                 "clone-memory",
                                 "clone-both",
                                 "clone-waits",
                                 "__clone",
                                 "number-clone",
                                 "clone3",
                                 "clone3-size",
                                 "unshare",
                                 "unshare-memory",
                                 "close_range",
                                 "close_range-unshare",
                                 "close_range-flag",
                                 "number-close_range",
                                 "number-close_range-unshare",
                                 "dup2",
                                 "dup3",
                                 "dup3-marked",
                                 "dup3-flag",
                                 "number-dup3"}) {
    const std::string right = bare({FAILING, call});
    EXPECT_THAT(right, testing::MatchesRegex("E(INVAL|BADF) arrived 3=/etc/passwd 4=/etc/group\n")) << call;
    EXPECT_EQ(shimmed({FAILING, call}), right) << call;
  }
}

}  // namespace
