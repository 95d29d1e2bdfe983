// SPDX-License-Identifier: Apache-2.0
//
// Signal handlers on a small stack, and fork beside busy threads: both programs run to their end with the shim as
// without, and with it every descriptor is close-on-exec.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/shell.h"

namespace {

/// The limits end what hangs; a machine that is busy with other things takes minutes.
void expect_safe(const std::string& program, const std::string& all_was_made) {
  const Outcome bare = run_in_shell("timeout 290 " + quoted(program));
  const Outcome shimmed =
      run_in_shell("CLOEXEC_PROFILE=strict LD_PRELOAD=" + quoted(SHIM) + " timeout 290 " + quoted(program));
  std::cout << "bare:    " << bare.output << "shimmed: " << shimmed.output;
  EXPECT_EQ(bare.status, 1);
  EXPECT_NE(bare.output.find(all_was_made + " inheritable="), std::string::npos);
  EXPECT_EQ(bare.output.find(" inheritable=0"), std::string::npos) << "without the shim the flags should be missing";
  EXPECT_EQ(shimmed.status, 0);
  EXPECT_NE(shimmed.output.find(all_was_made + " inheritable=0"), std::string::npos);
}

TEST(Safety, HandlersMakeDescriptorsOnASmallStack) { expect_safe(HANDLER, "failed=0"); }
TEST(Safety, ForkedChildrenMakeDescriptorsWhileThreadsAreBusy) { expect_safe(FORKER, "children=300 ended=300"); }

}  // namespace
