// SPDX-License-Identifier: Apache-2.0
//
// Signal handlers on a small stack, and fork beside busy threads: both programs run to their end with the shim as
// without, and with it every descriptor is close-on-exec.
#include <gtest/gtest.h>

#include <iostream>

#include "run.h"

namespace {

/// The limits end what hangs; a machine that is busy with other things takes minutes.
void expect_safe(const std::string& program) {
  const Outcome bare = run("timeout 290 " + quoted(program));
  const Outcome shimmed = run("CLOEXEC_PROFILE=strict LD_PRELOAD=" + quoted(SHIM) + " timeout 290 " + quoted(program));
  std::cout << "bare:    " << bare.output << "shimmed: " << shimmed.output;
  EXPECT_EQ(bare.status, 1) << "without the shim the flags should be missing";
  EXPECT_EQ(shimmed.status, 0) << shimmed.output;
}

TEST(Safety, HandlersMakeDescriptorsOnASmallStack) { expect_safe(HANDLER); }
TEST(Safety, ForkedChildrenMakeDescriptorsWhileThreadsAreBusy) { expect_safe(FORKER); }

}  // namespace
