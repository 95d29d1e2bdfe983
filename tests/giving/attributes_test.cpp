// SPDX-License-Identifier: Apache-2.0
//
// The new program finds what it finds bare, although it is given something by a process with several threads.

#include "ask.h"

namespace {

void expect_as_bare(std::vector<std::string> words, const std::string& right) {
  words.insert(words.begin(), ATTRIBUTES);
  EXPECT_EQ(bare(words), right);
  EXPECT_EQ(shimmed(words), right) << words[1];
}

TEST(Exec, KeepsTheSignalForItsParentsDeath) { expect_as_bare({"death-signal"}, "10, file 1\n"); }

TEST(Exec, KeepsSignalsThatArePendingForTheThread) { expect_as_bare({"pending"}, "yes, file 1\n"); }

// SCHED_BATCH | SCHED_RESET_ON_FORK, which a thread that was made for the exec would not have.
TEST(Exec, KeepsThePolicyOfTheScheduler) { expect_as_bare({"policy"}, "1073741827, file 1\n"); }

TEST(Exec, KeepsThePriorityOfTheThread) { expect_as_bare({"nice"}, "7, file 1\n"); }

TEST(Exec, KeepsTheSlackOfTimersAndTheProcessors) {
  expect_as_bare({"slack"}, "123456, file 1\n");
  expect_as_bare({"affinity"}, "1, file 1\n");
  expect_as_bare({"alarm"}, "yes, file 1\n");
  expect_as_bare({"thread"}, "main, file 1\n");
}

TEST(Exec, KeepsLocksOfTheProcess) { expect_as_bare({"lock"}, "held, file 1\n"); }

TEST(Exec, KeepsAWorkerAliveThatIsToDieWithItsMaster) { expect_as_bare({"worker"}, "worker lives\n"); }

TEST(Exec, KeepsTheSignalsThatAreBlocked) {
  const std::string blocked = "blocked 10 37, file 1\n";
  expect_as_bare({"mask", "exec"}, blocked);
  expect_as_bare({"mask", "fork"}, blocked + "then 10 37\n");
  expect_as_bare({"mask", "spawn"}, blocked + "then 10 37\n");
}

}  // namespace
