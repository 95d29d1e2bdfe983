// SPDX-License-Identifier: Apache-2.0
//
// A function that only shares its name with one of libc's is not touched.

#include "ask.h"

namespace {

class Names : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(Names, OfAnotherLibrarysFunctionsAreItsOwn) {
  const auto& [name, arguments] = GetParam();
  const std::string right = name + ' ' + arguments + '\n' + name + " returned all\n";
  EXPECT_EQ(bare({NAMES, name}), right);
  EXPECT_EQ(shimmed({NAMES, name}), right);
}

INSTANTIATE_TEST_SUITE_P(Name, Names,
                         testing::Values(std::pair("clone", "1 2 3.5 4 5 6 7 8 9"), std::pair("rexec", "a*b aab"),
                                         std::pair("open_tree", "oak"), std::pair("fsopen", "1 0"),
                                         std::pair("rcmd", "1.5 3"), std::pair("getpt", "1")),
                         [](const auto& name) { return name.param.first; });

}  // namespace
