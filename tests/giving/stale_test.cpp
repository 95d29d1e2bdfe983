// SPDX-License-Identifier: Apache-2.0
//
// What the shim knows of a number ends with the descriptor, however that is closed: what somebody marks there later is
// never given, whoever is told the number.

#include "ask.h"

namespace {

const std::string forced = "arrived 3=/etc/passwd\n";
const std::string nothing = "arrived\n";

// Those that may be called between vfork and exec first.
const std::vector<std::string> plain = {
    "close",     "__close",  "syscall", "close_range", "close_range-all", "close_range-unshare", "syscall-close_range",
    "closefrom", "dup3-onto"};
const std::vector<std::string> streams = {"fclose",   "fclose-fdopen", "_IO_fclose",    "endmntent",
                                          "filebuf",  "freopen-fails", "freopen-marks", "pclose",
                                          "closedir", "fts_close",     "mq_close"};
const std::vector<std::string> unseen = {"raw-socket", "raw-pipe", "raw-onto"};

void expect_nothing(const std::vector<std::vector<std::string>>& lists, const std::vector<std::string>& ways) {
  for (const auto& closers : lists)
    for (const std::string& closer : closers)
      for (const std::string& way : ways)
        for (const bool is_told : {true, false}) {
          std::vector<std::string> words = {STALE, closer, way};
          if (is_told) words.emplace_back("told");
          const std::string right = bare(words);
          EXPECT_THAT(right, testing::AnyOf(nothing, "no _IO_fclose\n"));
          EXPECT_EQ(shimmed(words), right) << testing::PrintToString(words);
        }
}

TEST(Stale, WhatIsStillOpenIsGivenToWhomIsTold) {
  // Or the tests below would show nothing.
  for (const std::string way : {"exec", "fork", "vfork", "clone", "spawn", "actions", "thread"}) {
    EXPECT_EQ(bare({STALE, "nothing", way, "told"}), forced) << way;
    EXPECT_EQ(shimmed({STALE, "nothing", way, "told"}), forced) << way;
  }
}

TEST(Stale, NumberIsNotGivenToAnExecWithoutAFork) { expect_nothing({plain, streams}, {"exec"}); }

TEST(Stale, NumberIsNotGivenToAForkedChild) { expect_nothing({plain, streams}, {"fork", "vfork", "clone"}); }

TEST(Stale, NumberIsNotGivenToASpawnedProgram) { expect_nothing({plain, streams}, {"spawn", "actions"}); }

TEST(Stale, NumberIsNotGivenByAThread) { expect_nothing({plain, streams}, {"thread"}); }

TEST(Stale, ClosedInAChildIsNotGivenThereButStillByItsParent) {
  const auto expect = [](const std::vector<std::string>& closers, const std::string& way, const std::string& arrived) {
    for (const std::string& closer : closers)
      for (const bool is_told : {true, false}) {
        std::vector<std::string> words = {STALE, closer, way};
        if (is_told) words.emplace_back("told");
        EXPECT_EQ(bare(words), nothing + arrived) << testing::PrintToString(words);
        EXPECT_EQ(shimmed(words), nothing + arrived) << testing::PrintToString(words);
      }
  };
  expect(plain, "in-fork", forced);
  expect(plain, "in-vfork", forced);
  expect({"fclose", "endmntent", "filebuf", "freopen-fails", "freopen-marks"}, "in-fork", forced);
  expect(unseen, "in-fork", forced);
  expect(unseen, "in-vfork", forced);
}

TEST(Stale, ATerminalThatLoginTtyHasClosedIsNotGiven) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{STALE, "login_tty", "in-fork", "told"}, {STALE, "login_tty", "in-fork"}}) {
    EXPECT_THAT(bare(words), testing::MatchesRegex("arrived\narrived 3=/dev/pts/[0-9]+\n"));
    EXPECT_THAT(shimmed(words), testing::MatchesRegex("arrived\narrived 3=/dev/pts/[0-9]+\n"));
  }
}

TEST(Stale, AnotherKindOfObjectIsNotGivenAlthoughNobodySawTheClose) {
  expect_nothing({unseen}, {"exec", "fork", "vfork", "clone", "spawn", "actions", "thread"});
}

TEST(Limitation, AFileThatIsPutWhereAFileWasForcedWithoutLibcIsTakenForIt) {
  EXPECT_EQ(bare({STALE, "raw", "fork", "told"}), nothing);
  EXPECT_EQ(shimmed({STALE, "raw", "fork", "told"}), "arrived 3=/etc/group\n");
  EXPECT_EQ(shimmed({STALE, "raw-directory", "fork", "told"}), "arrived 3=/\n");
  // What dup2 put there has no known kind.
  EXPECT_EQ(shimmed({STALE, "dup2-onto", "fork", "told"}), "arrived 3=/etc/group\n");
}

TEST(Keepers, WhatLibcMarksAndKeepsIsNotGiven) {
  for (const std::string what :
       {"setmntent", "setfsent", "getpwent", "getgrent", "getspent", "getutent", "getutxent", "setservent",
        "getservent", "getprotoent", "gethostent", "fopen", "freopen", "popen", "opendir", "pidfd_getfd"})
    for (const std::string way : {"exec", "fork", "spawn", "actions"}) {
      const std::string right = bare({KEEPERS, what, way});
      EXPECT_THAT(right, testing::MatchesRegex("(kept [0-9]+\n)+arrived\n")) << what << ' ' << way;
      EXPECT_EQ(shimmed({KEEPERS, what, way}), right) << what << ' ' << way;
    }
}

}  // namespace
