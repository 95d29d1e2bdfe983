// SPDX-License-Identifier: Apache-2.0
//
// What is another's, or marked, is not given, however it may look like the process's own.

#include "ask.h"

namespace {

TEST(Claims, AreNotWonByOddBirths) {
  for (const std::string what : {"jump", "nested", "vfork-fork", "raw-fork", "handler-fork", "parents-child", "unshare",
                                 "forkpty", "numbered-vfork", "bad-clone3"})
    EXPECT_EQ(shimmed({CLAIMS, what}), "arrived\n") << what;
  // Or there was nothing to be won. In the others all is marked.
  for (const std::string what : {"nested", "vfork-fork", "raw-fork", "handler-fork", "parents-child"})
    EXPECT_EQ(bare({CLAIMS, what}), "arrived 4=/dev/zero\n") << what;
}

}  // namespace
