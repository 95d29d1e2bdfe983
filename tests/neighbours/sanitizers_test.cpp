// SPDX-License-Identifier: Apache-2.0
//
// Programs built with a sanitizer, whose runtime interposes many of the same calls, run under the shim: no report, and
// the flags are set. ASan's shared runtime insists on being loaded first.
#include <gtest/gtest.h>

#include "tests/support/shell.h"

namespace {

struct Program {
  const char* name;
  const char* path;
  const char* preload;
};

class Sanitized : public testing::TestWithParam<Program> {};

TEST_P(Sanitized, RunsCleanlyUnderTheShim) {
  const Program& program = GetParam();
  const Outcome bare = run_in_shell(quoted(program.path));
  EXPECT_EQ(bare.status, 1) << bare.output;
  EXPECT_NE(bare.output.find("inheritable="), std::string::npos) << bare.output;
  EXPECT_EQ(bare.output.find("inheritable=0"), std::string::npos) << "without the shim the flags should be missing";
  EXPECT_EQ(bare.output.find("anitizer"), std::string::npos) << bare.output;
  const Outcome shimmed =
      run_in_shell(std::string("LD_PRELOAD=") + quoted(program.preload) + " " + quoted(program.path));
  EXPECT_EQ(shimmed.status, 0) << shimmed.output;
  EXPECT_EQ(shimmed.output.find("anitizer"), std::string::npos) << shimmed.output;
  EXPECT_NE(shimmed.output.find("inheritable=0"), std::string::npos) << shimmed.output;
}

INSTANTIATE_TEST_SUITE_P(Programs, Sanitized,
                         testing::Values(Program{"gcc_asan", GCC_ASAN, LIBASAN ":" SHIM},
                                         Program{"clang_asan", CLANG_ASAN, SHIM}, Program{"gcc_tsan", GCC_TSAN, SHIM},
                                         Program{"gcc_tsan_runtime_first", GCC_TSAN, LIBTSAN ":" SHIM}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
