// SPDX-License-Identifier: Apache-2.0
//
// What a handler has marked is not given, although the call that it has interrupted has just forced that number.

#include "ask.h"

namespace {

class Replaced : public testing::TestWithParam<std::string> {};

TEST_P(Replaced, ByAHandlerAsTheCallReturnsIsNotGiven) {
  EXPECT_EQ(bare({REPLACED, GetParam(), "10"}), "met=10 given=0\n");
  EXPECT_EQ(shimmed({REPLACED, GetParam(), "100"}), "met=100 given=0\n");
}

INSTANTIATE_TEST_SUITE_P(Call, Replaced,
                         testing::Values("dup2", "__dup2", "dup3", "dup3-number", "dup", "fcntl", "open",
                                         "openat-number", "fopen", "socket", "pipe", "socketpair"),
                         [](const auto& call) {
                           std::string name = call.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
