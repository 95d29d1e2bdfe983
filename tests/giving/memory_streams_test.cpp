// SPDX-License-Identifier: Apache-2.0
//
// A stream without a descriptor is closed, and nothing is forgotten of what may lie at the number that seems to be its.

#include "ask.h"

namespace {

TEST(MemoryStreams, AreClosedAndNoNumberIsForgotten) {
  for (const std::string maker : {"open_memstream", "open_wmemstream", "fmemopen", "fopencookie"}) {
    EXPECT_EQ(bare({MEMORY_STREAMS, maker}), "arrived 3=/etc/passwd\n") << maker;
    EXPECT_EQ(shimmed({MEMORY_STREAMS, maker}), "arrived 3=/etc/passwd\n") << maker;
  }
}

}  // namespace
