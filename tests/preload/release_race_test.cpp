// SPDX-License-Identifier: Apache-2.0
//
// What one program is given no other may see open, although other threads start programs all the while.

#include <map>
#include <sstream>

#include "tests/support/spawn.h"

namespace {

/// How often each line was said.
std::map<std::string, int> race(const std::string& how, int count, std::vector<std::string> environment) {
  std::map<std::string, int> lines;
  std::istringstream text(run({RACE, how, std::to_string(count)}, std::move(environment)).out);
  for (std::string line; std::getline(text, line);) ++lines[line];
  for (const auto& [line, times] : lines) std::cout << how << ": " << line << " (" << times << " times)\n";
  return lines;
}

const std::vector<std::string> announced = {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict",
                                            "CLOEXEC_POLICY=exempt exec announced=yes"};

TEST(ReleaseRace, WithoutTheShimEveryProgramGetsIt) {
  auto lines = race("spawn", 50, {});
  EXPECT_EQ(lines["told 40"], 50);
  EXPECT_EQ(lines["other 0"], 0);
  EXPECT_GT(lines["other 40"], 0);
}

TEST(ReleaseRace, NoOtherThreadsChildSeesWhatASpawnIsGiven) {
  auto lines = race("spawn", 2000, announced);
  EXPECT_EQ(lines["told 40"], 2000);
  EXPECT_GT(lines["other 0"], 100);
  EXPECT_EQ(lines.size(), 2U);
}

TEST(ReleaseRace, NoOtherThreadsChildSeesWhatAnExecIsGiven) {
  auto lines = race("exec", 300, announced);
  EXPECT_EQ(lines["told 40"], 300);
  EXPECT_EQ(lines["told 0"], 1);
  EXPECT_GT(lines["other 0"], 300);
  EXPECT_EQ(lines.size(), 3U);
}

}  // namespace
