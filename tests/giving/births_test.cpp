// SPDX-License-Identifier: Apache-2.0
//
// A program passes on what is its own: made since it was forked or started. A child whose parent is gone has taken its
// place.

#include "ask.h"

namespace {

const std::string nothing = "arrived\n";
const std::string file = "arrived 3=/etc/passwd\n";

void expect_given(const std::string& what, const std::string& without, const std::string& right) {
  EXPECT_EQ(bare({BIRTHS, what}), without) << what;
  EXPECT_EQ(shimmed({BIRTHS, what}), right) << what;
}

TEST(Own, IsWhatTheExecingProcessMade) {
  expect_given("self", file, file);
  expect_given("child-makes", "arrived 3=/etc/passwd 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n",
               "arrived 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n");
  expect_given("number-child-makes", "arrived 3=/etc/passwd 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n",
               "arrived 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n");
  expect_given("number-child-reopens", "arrived 3=/etc/group\n", "arrived 3=/etc/group\n");
  expect_given("grandchild-makes", "arrived 3=/etc/passwd 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n",
               "arrived 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n");
  expect_given("child-reopens", "arrived 3=/etc/group\n", "arrived 3=/etc/group\n");
  expect_given("thread", file, nothing);
}

TEST(Own, IsNotWhatAForkCopied) {
  for (const std::string what : {"child", "number-child", "vfork", "clone", "parent-adopts"})
    expect_given(what, file, nothing);
  const std::string all = "arrived 3=/etc/passwd 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n";
  // The grandchild, and then the child itself.
  expect_given("grandchild", all + all, nothing + all.substr(0, 7) + all.substr(sizeof "arrived 3=/etc/passwd" - 1));
}

TEST(Own, IsNothingForWhatLibcStarts) {
  for (const std::string what : {"spawn", "actions", "system", "popen"}) expect_given(what, file, nothing);
  const std::string all = "arrived 3=/etc/passwd 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n";
  expect_given("spawn-from-child", all + all,
               nothing + all.substr(0, 7) + all.substr(sizeof "arrived 3=/etc/passwd" - 1));
}

TEST(Own, IsWhatAChildPutsOntoItself) {
  for (const std::string what : {"child-adopts", "vfork-adopts"}) expect_given(what, file, file);
  expect_given("child-adopts-marked", nothing, nothing);
}

TEST(Place, OfAParentThatHasEndedIsItsChilds) {
  expect_given("place", file, file);
  const std::string all = "arrived 3=/etc/passwd 4=/etc/group 9=/etc/passwd 20=/etc/passwd 30=/etc/group\n";
  expect_given("place-makes", all, all);
  // What that child starts without replacing itself is its child.
  expect_given("place-forks", file + file, nothing + file);
  expect_given("place-spawns", file + file, nothing + file);
}

TEST(Place, OfAGrandparentIsNotTaken) {
  expect_given("grandparent-lives", file, nothing);
  expect_given("parent-lives", file, nothing);
}

}  // namespace
