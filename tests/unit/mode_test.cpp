// SPDX-License-Identifier: Apache-2.0
//
// Where the letter "e" goes in a mode, and that the libc of this machine makes the same of the rest.

#include "shim/make/mode.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace cloexec {
namespace {

std::string forced_fopen(std::string_view mode) { return force_fopen_mode(mode).text; }
std::string forced_popen(std::string_view mode) { return force_popen_mode(mode).text; }

TEST(FopenMode, GetsTheLetterBehindTheFirst) {
  EXPECT_EQ(forced_fopen("r"), "re");
  EXPECT_EQ(forced_fopen("w+b"), "we+b");
  EXPECT_EQ(forced_fopen("r,ccs=UTF-8"), "re,ccs=UTF-8");
}

TEST(FopenMode, MakesRoomByOneLetterThatSaysNothing) {
  EXPECT_EQ(forced_fopen("rbbbbb+"), "rebbbb+");
  EXPECT_EQ(forced_fopen("rbbbbbb+"), "rebbbbb+");  // the + was out of glibc's sight and stays so
  EXPECT_EQ(forced_fopen("rb+xmcb"), "re+xmcb");
}

TEST(FopenMode, StaysAsTheProgramWroteItWhenItHasTheLetter) {
  EXPECT_EQ(forced_fopen("re"), "");
  EXPECT_EQ(forced_fopen("rb+e"), "");
  EXPECT_EQ(forced_fopen(""), "");
}

TEST(FopenMode, TakesNoLetterOfACharacterSetForItsOwn) {
  EXPECT_EQ(forced_fopen("r,ccs=e"), "re,ccs=e");
  EXPECT_EQ(forced_fopen("r,ccs=euc-jp"), "re,ccs=euc-jp");
}

TEST(FopenMode, GetsTheLetterWhenItsOwnIsOutOfSight) { EXPECT_EQ(forced_fopen("rbbbbbbe"), "rebbbbbe"); }

TEST(FopenMode, IsLeftAloneWhenTooLong) {
  const std::string mode = "r,ccs=" + std::string(longest_mode, 'x');
  EXPECT_TRUE(force_fopen_mode(mode).has_no_room);
  EXPECT_EQ(forced_fopen(mode), "");
}

/// The access mode and status flags that fopen gives `mode`; -1 when it refuses it.
int access_of(const char* mode) {
  FILE* stream = fopen("/dev/null", mode);
  if (stream == nullptr) return -1;
  const int flags = fcntl(fileno(stream), F_GETFL);
  fclose(stream);
  return flags;
}

TEST(FopenMode, OpensTheSameWayForEveryModeOfUpToEightLetters) {
  // Every mode of these letters would be millions: all of up to four, and longer ones around the end of glibc's window.
  const std::string letters = "+bxmc,z";
  std::vector<std::string> modes = {"r", "w", "a"};
  for (std::size_t i = 0; i < modes.size(); ++i)
    if (modes[i].size() < 4)
      for (const char letter : letters) modes.push_back(modes[i] + letter);
  for (const char* fill : {"bbb", "b+b", "zzz", "bzc"})
    for (std::size_t i = 0, short_modes = modes.size(); i < short_modes && modes.size() < 8000; ++i)
      modes.push_back(modes[i].substr(0, 1) + fill + modes[i].substr(1) + "+");
  for (const std::string& mode : modes)
    EXPECT_EQ(access_of(mode.c_str()), access_of(forced_fopen(mode).c_str())) << mode << " " << forced_fopen(mode);
}

TEST(PopenMode, GetsTheLetterAtItsEnd) {
  EXPECT_EQ(forced_popen("r"), "re");
  EXPECT_EQ(forced_popen("rb"), "rbe");
  EXPECT_EQ(forced_popen(""), "e");
  EXPECT_EQ(forced_popen("we"), "");
}

}  // namespace
}  // namespace cloexec
