// SPDX-License-Identifier: Apache-2.0
//
// What is given to one program no other gets, however that one's process is made.

#include <sys/syscall.h>

#include "ask.h"

namespace {

const std::vector<std::string> ways = {
#ifdef SYS_fork
    "number-fork",
#endif
    "number-clone", "number-clone3", "fork", "vfork", "clone"};

class Beside : public testing::TestWithParam<std::string> {};

TEST_P(Beside, AGiftAChildThatIsToldNothingGetsNothing) {
  EXPECT_EQ(bare({BESIDE, GetParam(), "10"}), "enough=yes got=all failed=0\n");
  EXPECT_EQ(shimmed({BESIDE, GetParam(), "60"}), "enough=yes got=0 failed=0\n");
}

INSTANTIATE_TEST_SUITE_P(Way, Beside, testing::ValuesIn(ways), [](const auto& way) {
  std::string name = way.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
