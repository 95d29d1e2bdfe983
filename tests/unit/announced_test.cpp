// SPDX-License-Identifier: Apache-2.0
//
// When a program counts as told of a descriptor's number: the ways of real programs, and what only looks like one.

#include "policy/announced.h"

#include <gtest/gtest.h>

namespace cloexec {
namespace {

TEST(Argument, TellsANumberThatStandsAlone) {
  EXPECT_TRUE(argument_tells("7", 7));
  EXPECT_TRUE(argument_tells("0", 0));
  EXPECT_TRUE(argument_tells("2147483647", 2147483647));
  EXPECT_FALSE(argument_tells("7", 8));
  EXPECT_FALSE(argument_tells("77", 7));
  EXPECT_FALSE(argument_tells("17", 7));
  EXPECT_FALSE(argument_tells("", 0));
  EXPECT_FALSE(argument_tells("-7", 7));
  EXPECT_FALSE(argument_tells("+7", 7));
  EXPECT_FALSE(argument_tells("7.5", 7));
  EXPECT_FALSE(argument_tells("4294967303", 7));  // 2^32 + 7
  EXPECT_FALSE(argument_tells("99999999999999999999999", 7));
}

TEST(Argument, TellsEachNumberOfAList) {
  for (const auto* list : {"13:14:16", "13,14,16", "13;14;16;", ":13:14:16", "13:14;16"})
    for (const int fd : {13, 14, 16}) EXPECT_TRUE(argument_tells(list, fd)) << list << ' ' << fd;
  for (const auto* list : {"13:14:16", "13-16", "1314,16"}) EXPECT_FALSE(argument_tells(list, 15)) << list;
  EXPECT_FALSE(argument_tells("13-16", 13));
  EXPECT_FALSE(argument_tells(":;,", 0));
}

TEST(Argument, TellsANumberBehindAWordThatSpeaksOfDescriptors) {
  for (const auto* text :
       {"--status-fd=7", "--statusfd=7", "-fd=7", "/dev/fd/7", "/proc/self/fd/7", "fd:7", "FD=7", "--pass-fds=3,7",
        "--pass-fds=7,3", "socket=7", "--jobserver-auth=3,7", "pipe:7", "file=/dev/fd/7"})
    EXPECT_TRUE(argument_tells(text, 7)) << text;
  for (const auto* text : {"--level=7", "/dev/tty7", "/dev/tty/7", "php8.7", "agent.7", "/usr/share/7/x", "a7", "7a",
                           "--fd=17", "--fd=70", "1,2,x7", "--port=127", "user@7", "10.0.0.7"})
    EXPECT_FALSE(argument_tells(text, 7)) << text;
}

TEST(Argument, TellsANumberThatAShellOrGpgWouldTakeForADescriptor) {
  for (const auto* text : {"<&7", "cat <&7 | wc", "exec 3>&7", "-&7", "2>&1;cat <&7"})
    EXPECT_TRUE(argument_tells(text, 7)) << text;
  for (const auto* text : {"<&17", "&7x", "7&", "a & 7", "7 apples"}) EXPECT_FALSE(argument_tells(text, 7)) << text;
}

TEST(Variable, TellsWhatIsAListOfNumbers) {
  EXPECT_TRUE(variable_tells("NGINX", "5;6;", 5));
  EXPECT_TRUE(variable_tells("NGINX", "5;6;", 6));
  EXPECT_FALSE(variable_tells("NGINX", "5;6;", 7));
  EXPECT_TRUE(variable_tells("ANYTHING", "8", 8));
  EXPECT_TRUE(variable_tells("SKALIBS_CHILD_SPAWN_FDS", "8", 8));
  EXPECT_FALSE(variable_tells("ANYTHING", "", 0));
  EXPECT_FALSE(variable_tells("TERM", "xterm-8", 8));
  EXPECT_FALSE(variable_tells("PATH", "/opt/8:/bin", 8));
  EXPECT_FALSE(variable_tells("COUNT", "8 apples", 8));
}

TEST(Variable, TellsByAName) {
  EXPECT_TRUE(variable_tells("FPM_SOCKETS", "/run/php.sock=9", 9));
  EXPECT_TRUE(variable_tells("FPM_SOCKETS", "127.0.0.1:9000=8,/run/php.sock=9", 9));
  EXPECT_TRUE(variable_tells("FPM_SOCKETS", "127.0.0.1:9000=8,/run/php.sock=9", 8));
  EXPECT_TRUE(variable_tells("MAKEFLAGS_JOBSERVER", "--auth=3,4", 4));
  EXPECT_TRUE(variable_tells("notify_fd", "9", 9));
  EXPECT_FALSE(variable_tells("SSH_AUTH_SOCK", "/tmp/ssh-x/agent.9", 9));
  EXPECT_FALSE(variable_tells("DBUS_SOCKET", "/run/user/9/bus", 9));
  EXPECT_FALSE(variable_tells("FD_COUNT", "x9", 9));
}

TEST(Variable, OfSystemdCountsFromThreeOn) {
  EXPECT_FALSE(variable_tells("LISTEN_FDS", "2", 2));
  EXPECT_TRUE(variable_tells("LISTEN_FDS", "2", 3));
  EXPECT_TRUE(variable_tells("LISTEN_FDS", "2", 4));
  EXPECT_FALSE(variable_tells("LISTEN_FDS", "2", 5));
  EXPECT_FALSE(variable_tells("LISTEN_FDS", "0", 3));
  EXPECT_TRUE(variable_tells("LISTEN_FDS", "2147483647", 2147483647));
  EXPECT_FALSE(variable_tells("LISTEN_FDS", "", 3));
}

TEST(Announced, WorksAtCompileTime) {
  static_assert(argument_tells("--status-fd=7", 7));
  static_assert(!argument_tells("--status=7", 7));
  static_assert(variable_tells("LISTEN_FDS", "1", 3));
}

}  // namespace
}  // namespace cloexec
