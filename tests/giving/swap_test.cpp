// SPDX-License-Identifier: Apache-2.0
//
// A race that nothing may come of: what a thread marked reaches no program that is told its number, although the shim
// had forced another file there a moment before. GIVING_STARTS=1500 makes it longer.

#include <cstdlib>

#include "ask.h"

namespace {

const std::vector<std::string> ways = {"spawn", "actions", "fork", "vfork", "exec", "thread"};

int starts(int few) {
  const char* const wanted = std::getenv("GIVING_STARTS");
  return wanted != nullptr ? std::atoi(wanted) : few;
}

int figure(const std::string& line, const std::string& key) {
  const auto at = line.find(key + '=');
  return at == std::string::npos ? -1 : std::atoi(line.c_str() + at + key.size() + 1);
}

std::string swap(const std::string& turn, const std::string& way, int count, const std::string& policy = "") {
  std::vector<std::string> environment = shim_preloaded;
  if (policy == "bare")
    environment = nothing_preloaded;
  else if (!policy.empty())
    environment.insert(environment.end(), {"CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=" + policy});
  std::string line = said({SWAP, turn, way, std::to_string(count)}, environment);
  std::cout << (policy.empty() ? "standard" : policy) << ' ' << turn << ' ' << way << ": " << line;
  return line;
}

TEST(Swap, WithoutTheShimOnlyTheUnmarkedFileArrives) {
  for (const std::string turn : {"open", "stream", "onto"}) {
    const std::string line = swap(turn, "spawn", 100, "bare");
    EXPECT_GT(figure(line, "forced"), 0) << turn;
    EXPECT_EQ(figure(line, "secret"), 0) << turn;
  }
}

TEST(Swap, TheSecretIsSeenWhereNobodyMarksIt) {
  int seen = 0;
  for (const std::string& way : ways) {
    EXPECT_GT(figure(swap("careless", way, 100, "bare"), "secret"), 0) << way;
    seen += figure(swap("careless", way, 400), "secret");
  }
  // And where the shim forces it as well, and gives both: when the number stays long enough for a proof, which is
  // seldom.
  EXPECT_GT(seen, 0);
}

void expect_only_the_forced(const std::string& turn, const std::string& way, int count, const std::string& policy) {
  const std::string line = swap(turn, way, count, policy);
  EXPECT_EQ(figure(line, "starts"), count) << way;
  EXPECT_EQ(figure(line, "failed"), 0) << way;
  EXPECT_EQ(figure(line, "secret"), 0) << way;
  // Given when it can be shown to be ours: or the test could not tell.
  EXPECT_GT(figure(line, "forced"), 0) << way;
}

class Swapped : public testing::TestWithParam<std::string> {};

TEST_P(Swapped, OpensAreNotTakenForEachOther) { expect_only_the_forced("open", GetParam(), starts(300), ""); }

TEST_P(Swapped, StreamsAreNotTakenForEachOther) { expect_only_the_forced("stream", GetParam(), starts(60), ""); }

TEST_P(Swapped, DescriptorsPutOntoEachOtherAreNotTakenForEachOther) {
  expect_only_the_forced("onto", GetParam(), starts(60), "");
}

TEST_P(Swapped, NotByARuleThatGivesAllEither) { expect_only_the_forced("open", GetParam(), starts(60), "exempt exec"); }

INSTANTIATE_TEST_SUITE_P(Way, Swapped, testing::ValuesIn(ways), [](const auto& way) { return way.param; });

}  // namespace
