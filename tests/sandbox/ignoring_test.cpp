// SPDX-License-Identifier: Apache-2.0
//
// Below the shim, something that ignores the flags (see ignoring.c): everything is close-on-exec all the same, and
// nothing else changes.
#include <gtest/gtest.h>

#include "tests/support/shell.h"

namespace {

std::string with(const std::string& preload, const std::string& command) {
  return "CLOEXEC_PROFILE=strict LD_PRELOAD=" + quoted(preload) + " " + command;
}

TEST(Ignoring, DropsWhatIsAskedFor) {
  const Outcome plain = run_in_shell(with("", quoted(ASKING)));
  const Outcome ignored = run_in_shell(with(IGNORING, quoted(ASKING)));
  EXPECT_EQ(plain.output.find("cloexec=0"), std::string::npos) << plain.output;
  EXPECT_EQ(ignored.output.find("cloexec=1"), std::string::npos) << ignored.output;
  EXPECT_NE(plain.output, "");
  EXPECT_EQ(plain.output.size(), ignored.output.size());
}

class IgnoringBelow : public testing::TestWithParam<const char*> {};

TEST_P(IgnoringBelow, EveryDescriptorIsCloseOnExecAllTheSame) {
  const std::string probe = quoted(PROBE) + GetParam();
  const Outcome bare = run_in_shell(with(IGNORING, probe));
  const Outcome shimmed = run_in_shell(with(std::string(SHIM) + ":" + IGNORING, probe));
  EXPECT_EQ(bare.status, 0) << bare.output;
  EXPECT_EQ(shimmed.status, 0) << shimmed.output;
  EXPECT_NE(bare.output.find("cloexec=0"), std::string::npos);
  EXPECT_EQ(shimmed.output, with_flags_set(bare.output));
}

TEST(Ignoring, IsNotTakenForWhatACallByNumberShows) {
  const Outcome bare = run_in_shell(with(IGNORING, quoted(BY_NUMBER)));
  const Outcome shimmed = run_in_shell(with(std::string(SHIM) + ":" + IGNORING, quoted(BY_NUMBER)));
  EXPECT_NE(bare.output.find("dup cloexec=0"), std::string::npos) << bare.output;
  EXPECT_EQ(bare.output.find("cloexec=1"), std::string::npos) << bare.output;
  EXPECT_EQ(shimmed.output.find("cloexec=0"), std::string::npos) << shimmed.output;
  EXPECT_EQ(shimmed.output.size(), bare.output.size());
}

INSTANTIATE_TEST_SUITE_P(Contexts, IgnoringBelow, testing::Values(" --times 2", " --fork --times 2"));

}  // namespace
