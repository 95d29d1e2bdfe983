// SPDX-License-Identifier: Apache-2.0
//
// What the shim's settings do to a program, seen from outside: exemptions, modes, what is malformed, AT_SECURE.

#include <sys/stat.h>

#include <algorithm>

#include "tests/support/spawn.h"

namespace {

using ::testing::HasSubstr;

Ran run_probe(std::vector<std::string> verbs, std::vector<std::string> settings = {}) {
  verbs.insert(verbs.begin(), PROBE);
  settings.push_back("LD_PRELOAD=" SHIM);
  return run(verbs, settings);
}

TEST(Shim, MakesWhatAProgramOpensCloseOnExec) {
  EXPECT_EQ(run_probe({"open", "fopen", "socket", "pipe", "dup:3"}).out,
            "open 3 1\nfopen 4 1\nsocket 5 1\npipe 6 1\npipe 7 1\ndup 8 1\n");
}

TEST(Shim, LetsNothingReachTheNextProgram) {
  // 3 is the directory that ls lists.
  EXPECT_EQ(run_probe({"open", "socket", "dup2:50", "exec-list"}, {"CLOEXEC_PROFILE=strict"}).out,
            "open 3 1\nsocket 4 1\ndup2 50 1\n0\n1\n2\n3\n");
  EXPECT_THAT(run({PROBE, "open", "dup2:50", "exec-list"}, {}).out, HasSubstr("\n50\n"));
}

TEST(Exemption, KeepsStandardStreamsInheritableHoweverTheyArrive) {
  for (const std::string verb : {"open", "fopen", "socket", "dup:1"})
    EXPECT_EQ(run_probe({"close:0", verb}).out, verb.substr(0, verb.find(':')) + " 0 0\n");
  EXPECT_EQ(run_probe({"dup2:0", "dup2:2"}).out, "dup2 0 0\ndup2 2 0\n");
  EXPECT_EQ(run_probe({"freopen-stdin"}).out, "freopen-stdin 0 0\n");
  EXPECT_EQ(run_probe({"close:0", "pipe"}).out, "pipe 0 0\npipe 3 1\n");
}

TEST(Exemption, HonoursWhatTheProgramAsksForItself) {
  EXPECT_EQ(run_probe({"close:0", "open-cloexec"}).out, "open-cloexec 0 1\n");
  EXPECT_EQ(run_probe({"open", "clear:3", "flag:3", "open", "fionclex:4", "flag:4"}).out,
            "open 3 1\nflag 3 0\nopen 4 1\nflag 4 0\n");
  EXPECT_EQ(run_probe({"open", "clear:3", "dup2-same:3", "dup2-same:40"}).out,
            "open 3 1\ndup2-same 3 0\ndup2-same -1 EBADF\n");
}

TEST(Allow, LeavesTheListedNumbersInheritable) {
  EXPECT_EQ(run_probe({"open", "open", "open", "pipe", "dup2:50"}, {"CLOEXEC_ALLOW=3,5-6,50"}).out,
            "open 3 0\nopen 4 1\nopen 5 0\npipe 6 0\npipe 7 1\ndup2 50 0\n");
  EXPECT_EQ(run_probe({"open", "open", "open"}, {"CLOEXEC_ALLOW=\t3 ,\t5\t"}).out, "open 3 0\nopen 4 1\nopen 5 0\n");
}

TEST(Allow, MayNameNumbersSoHighThatNoneIsLookedAtQuickly) {
  EXPECT_EQ(run_probe({"open", "open", "open", "pipe", "dup2:50"}, {"CLOEXEC_ALLOW=4,2147483647"}).out,
            "open 3 1\nopen 4 0\nopen 5 1\npipe 6 1\npipe 7 1\ndup2 50 1\n");
}

TEST(Mode, OffAndObserveChangeNothing) {
  for (const auto* mode : {"CLOEXEC_MODE=off", "CLOEXEC_MODE=observe"})
    EXPECT_EQ(run_probe({"open", "fopen", "pipe", "dup2:50"}, {mode}).out,
              "open 3 0\nfopen 4 0\npipe 5 0\npipe 6 0\ndup2 50 0\n");
}

TEST(Malformed, IsReportedWithItsPlaceAndTheRestHolds) {
  const Ran ran = run_probe({"open", "open", "open"}, {"CLOEXEC_ALLOW=3,x,5", "CLOEXEC_MODE=loud"});
  EXPECT_EQ(ran.out, "open 3 0\nopen 4 1\nopen 5 0\n");
  EXPECT_EQ(ran.err,
            "cloexec: CLOEXEC_ALLOW:1:3: not a descriptor number or a range such as 5-7; the rule is ignored\n"
            "cloexec: CLOEXEC_MODE:1:1: unknown mode, use enforce, observe or off; the rule is ignored\n");
}

TEST(Malformed, IsNotSaidForEver) {
  std::string numbers;
  for (int i = 0; i < 1000; ++i) numbers += "x,";
  const Ran ran = run_probe({"open"}, {"CLOEXEC_ALLOW=" + numbers});
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 8);
  EXPECT_EQ(ran.out, "open 3 1\n");
}

TEST(Malformed, NeitherBlocksNorEndsTheHost) {
  int full[2];
  ASSERT_EQ(pipe2(full, O_CLOEXEC | O_NONBLOCK), 0);
  const std::string block(4096, 'x');
  while (write(full[1], block.data(), block.size()) > 0) {
  }
  fcntl(full[1], F_SETFL, 0);
  int broken[2];
  ASSERT_EQ(pipe2(broken, O_CLOEXEC), 0);
  close(broken[0]);
  for (const int target : {full[1], broken[1]}) {
    std::vector<std::string> words = {PROBE, "open"};
    std::vector<std::string> environment = {"LD_PRELOAD=" SHIM, "CLOEXEC_MODE=loud"};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, target, 2);
    pid_t child = -1;
    ASSERT_EQ(posix_spawn(&child, PROBE, &actions, nullptr, pointers(words).data(), pointers(environment).data()), 0);
    posix_spawn_file_actions_destroy(&actions);
    int status = -1;
    alarm(20);  // a shim that blocks ends the test here
    waitpid(child, &status, 0);
    alarm(0);
    EXPECT_EQ(status, 0);
  }
}

TEST(Settings, AreKeptWhenTheProgramForgetsItsEnvironment) {
  EXPECT_EQ(run_probe({"forget-environment", "open", "open"}, {"CLOEXEC_ALLOW=3"}).out, "open 3 0\nopen 4 1\n");
}

TEST(Settings, AreReadAlthoughAnotherConstructorCameFirst) {
  EXPECT_EQ(run({PROBE, "open"}, {"LD_PRELOAD=" SHIM ":" EARLY, "CLOEXEC_MODE=off"}).out, "early 1\nopen 3 0\n");
  EXPECT_EQ(run({PROBE, "open"}, {"LD_PRELOAD=" SHIM ":" EARLY, "CLOEXEC_ALLOW=3"}).out, "early 1\nopen 3 0\n");
}

TEST(Settings, AreReadOnceWhenAConstructorBehindLibcsMakesTheFirstCall) {
  const auto opened = [](const std::string& setting) {
    return run({PROBE, "open"}, {"LD_PRELOAD=" SHIM ":" EARLY ":" SOONER, setting});
  };
  EXPECT_EQ(opened("CLOEXEC_MODE=enforce").out, "early 1\nsooner 1\nopen 3 1\n");
  EXPECT_EQ(opened("CLOEXEC_MODE=off").out, "early 1\nsooner 0\nopen 3 0\n");
  EXPECT_EQ(opened("CLOEXEC_POLICY=exempt open program=probe").out, "early 1\nsooner 0\nopen 3 0\n");
  const Ran ran = opened("CLOEXEC_ALLOW=3,x");
  EXPECT_EQ(ran.out, "early 1\nsooner 0\nopen 3 0\n");
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

TEST(Settings, AreThoseThatGetenvWouldFind) {
  EXPECT_EQ(run_probe({"open"}, {"CLOEXEC_MODE=off", "CLOEXEC_MODE=enforce"}).out, "open 3 0\n");
}

TEST(Settings, AreIgnoredInASetGroupIdProgram) {
  const std::vector<std::string> hostile = {"CLOEXEC_MODE=off", "CLOEXEC_ALLOW=3-100,x"};
  EXPECT_EQ(run({LINKED_PROBE, "open"}, {"CLOEXEC_MODE=off"}).out, "open 3 0\n");

  const std::string copy = std::string(LINKED_PROBE) + ".set-group-id";
  ASSERT_EQ(run({"/bin/cp", LINKED_PROBE, copy}, {}).status, 0);
  // Another group is enough for AT_SECURE, and unlike another user it still finds a library in root's home.
  ASSERT_EQ(chown(copy.c_str(), 0, 65534), 0) << "needs root";
  ASSERT_EQ(chmod(copy.c_str(), 02755), 0);
  const Ran ran = run({copy, "open", "socket"}, hostile);
  unlink(copy.c_str());
  EXPECT_EQ(ran.out, "open 3 1\nsocket 4 1\n");
  EXPECT_EQ(ran.err, "");
}

TEST(Transparency, ReturnsLibcsErrors) {
  EXPECT_EQ(run_probe({"bad-pipe", "dup:77"}).out, "bad-pipe -1 EFAULT\ndup -1 EBADF\n");
}

TEST(Limitation, NftwKeepsADirectoryInheritable) {
  EXPECT_EQ(run_probe({"nftw-exec-list"}).out, "0\n1\n2\n3\n4\n");
  EXPECT_EQ(run_probe({"exec-list"}).out, "0\n1\n2\n3\n");
}

TEST(Transparency, CallsThePreloadBelow) {
  EXPECT_THAT(run({PROBE, "open"}, {"LD_PRELOAD=" SHIM ":" LOWER}).out, HasSubstr("open 77 "));
}

TEST(Transparency, ReachesWhatDlsymFinds) {
  EXPECT_EQ(run_probe({"dlsym-default", "dlsym-next"}).out, "dlsym-default 3 1\ndlsym-next 4 1\n");
}

}  // namespace
