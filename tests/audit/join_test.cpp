// SPDX-License-Identifier: Apache-2.0
//
// How what programs recorded and what was seen of them from outside become one list.

#include "cli/audit/join.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace cloexec::cli {
namespace {

using ::testing::ElementsAre;

Crossing crossing(int fd, Class what, const std::string& call = "", const std::string& target = "/file") {
  Crossing one;
  one.fd = fd;
  one.object = "file";
  one.target = target;
  one.what = what;
  one.created.call = call;
  return one;
}

Exec exec_of(int pid, const std::string& program, bool has_shim, std::vector<Crossing> fds = {}) {
  Exec exec;
  exec.pid = pid;
  exec.ppid = 1;
  exec.program = program;
  exec.argv0 = program;
  exec.has_shim = has_shim;
  for (Crossing& one : fds) exec.fds.push_back(std::move(one));
  return exec;
}

Exec called(Exec exec, const std::string& call) {
  exec.call = call;
  return exec;
}

Sighting sighting_of(int pid, const std::string& program, std::vector<Crossing> fds = {},
                     const std::string& obstacle = "") {
  Sighting sighting;
  sighting.exec = exec_of(pid, program, false, std::move(fds));
  sighting.exec.is_watched = true;
  sighting.exec.obstacle = obstacle;
  sighting.path = program;
  return sighting;
}

/// "4:/bin/a+ 3=leak(open)": a program with the shim has a "+", one that was watched a "~".
std::vector<std::string> lines_of(const std::vector<Exec>& execs) {
  std::vector<std::string> lines;
  for (const Exec& exec : execs) {
    std::string& line = lines.emplace_back(std::to_string(exec.pid) + ":" + exec.program);
    line += exec.has_shim ? "+" : exec.is_watched ? "~" : "?";
    for (const Crossing& one : exec.fds)
      line.append(" ")
          .append(std::to_string(one.fd))
          .append("=")
          .append(name_of(one.what))
          .append("(")
          .append(one.created.call + ")");
  }
  return lines;
}

TEST(Joining, WhatAProgramRecordsStands) {
  const auto all = joined({called(exec_of(4, "/bin/a", true, {crossing(3, Class::leak, "open")}), "execve")},
                          {sighting_of(4, "/bin/a", {crossing(3, Class::exempt)})});
  EXPECT_THAT(lines_of(all), ElementsAre("4:/bin/a+ 3=leak(open)"));
}

TEST(Joining, WhatOnlyTheSupervisorSawIsAddedWhereItHappened) {
  const auto all = joined({exec_of(4, "/bin/a", true), exec_of(6, "/bin/c", true)},
                          {sighting_of(4, "/bin/a"), sighting_of(5, "/bin/b", {crossing(3, Class::leak)}, "static"),
                           sighting_of(6, "/bin/c")});
  EXPECT_THAT(lines_of(all), ElementsAre("4:/bin/a+", "5:/bin/b~ 3=leak()", "6:/bin/c+"));
}

TEST(Joining, WhatNobodyWatchedStaysUnseen) {
  Sighting aside = sighting_of(4, "/bin/gdb");
  aside.exec.is_watched = false;
  const auto all = joined({exec_of(4, "/bin/gdb", true), exec_of(5, "/bin/static", false)}, {aside});
  EXPECT_THAT(lines_of(all), ElementsAre("4:/bin/gdb+", "5:/bin/static?"));
}

TEST(Joining, WhatAStaticProgramGotIsSeenAndItsMakerRecorded) {
  const auto all =
      joined({called(exec_of(4, "./b", false, {crossing(3, Class::leak, "open", "f"), crossing(9, Class::leak, "dup")}),
                     "execve")},
             {sighting_of(4, "./b", {crossing(3, Class::foreign), crossing(5, Class::leak)}, "static")});
  EXPECT_THAT(lines_of(all), ElementsAre("4:./b~ 3=leak(open) 5=leak()"));
  EXPECT_EQ(all[0].fds[0].target, "/file");
  EXPECT_EQ(all[0].call, "execve");
}

TEST(Joining, AChildOfPosixSpawnThatOnlyItsParentKnowsIsFound) {
  const auto all = joined({exec_of(0, "/bin/b", false, {crossing(3, Class::leak, "open")})},
                          {sighting_of(7, "/bin/b", {crossing(3, Class::leak)}, "static")});
  EXPECT_THAT(lines_of(all), ElementsAre("7:/bin/b~ 3=leak(open)"));
}

TEST(Joining, AProgramThatTheShimDidNotEnterIsNotTheNextThatItDid) {
  const auto all =
      joined({exec_of(4, "/bin/sh", true)},
             {sighting_of(4, "/bin/sh", {crossing(3, Class::leak)}, "no-preload"), sighting_of(4, "/bin/sh")});
  EXPECT_THAT(lines_of(all), ElementsAre("4:/bin/sh~ 3=leak()", "4:/bin/sh+"));
}

TEST(Joining, WhatTheRecordTakesForAnotherProcessesProgramIsNotAddedToWhatWasSeen) {
  const std::vector<Exec> recorded{exec_of(4, "/bin/a1", false), exec_of(5, "/bin/a2", true),
                                   exec_of(6, "/bin/a3", false)};
  const std::vector<Sighting> seen{sighting_of(5, "/bin/a2"), sighting_of(4, "/bin/a4")};
  EXPECT_THAT(lines_of(joined(recorded, seen)), ElementsAre("5:/bin/a2+", "4:/bin/a4~", "6:/bin/a3?"));
}

TEST(Joining, OfWhatCameFromAProgramWithoutTheShimNoMakerIsGuessed) {
  Sighting seen = sighting_of(4, "/bin/a", {crossing(3, Class::leak), crossing(5, Class::exempt)});
  seen.older = {5};
  const auto all = joined(
      {exec_of(4, "/bin/a", true, {crossing(3, Class::exempt, "open"), crossing(5, Class::leak, "dup2")})}, {seen});
  EXPECT_THAT(lines_of(all), ElementsAre("4:/bin/a+ 3=leak() 5=exempt(dup2)"));
}

TEST(Joining, WhatTheSupervisorKeptBackIsAdded) {
  const auto all = joined({called(exec_of(4, "/bin/a", true), "execve")},
                          {sighting_of(4, "/bin/a", {crossing(3, Class::withheld)})});
  EXPECT_THAT(lines_of(all), ElementsAre("4:/bin/a+ 3=withheld()"));
}

TEST(Joining, AProgramInAnotherRootIsKnownByItsName) {
  Sighting seen = sighting_of(4, "/root/usr/bin/a1");
  seen.path = "/usr/bin/a";
  seen.exec.argv0 = "a";
  Exec recorded = exec_of(4, "/usr/bin/a1", true);
  recorded.argv0 = "a";
  EXPECT_THAT(lines_of(joined({recorded}, {seen})), ElementsAre("4:/usr/bin/a1+"));
}

TEST(Sighting, ComesThroughThePipeAsItWas) {
  Sightings sightings;
  Sighting sent = sighting_of(4, "/bin/\xff", {crossing(3, Class::exempt), crossing(4, Class::withheld)}, "static");
  sent.exec.argv = {"\xff\n", ""};
  sent.exec.fds.replace(0, [] {
    Crossing one = crossing(3, Class::exempt);
    one.rule = "standard:1: exempt \xfe";
    return one;
  }());
  sent.older = {3};
  sent.is_weakened = true;
  write_sighting(sightings.pipe(), sent);
  write_left(sightings.pipe(), 4, {4});
  write_refusal(sightings.pipe(), "why");
  sightings.read();
  const std::vector<Sighting> got = sightings.take();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_THAT(lines_of({got[0].exec}), ElementsAre("4:/bin/\xff~ 3=exempt() 4=leak()"));
  EXPECT_EQ(got[0].exec.argv, sent.exec.argv);
  EXPECT_EQ(got[0].exec.fds[0], sent.exec.fds[0]);
  EXPECT_EQ(got[0].older, sent.older);
  EXPECT_TRUE(got[0].is_weakened);
  EXPECT_EQ(sightings.refusal(), "why");
}

}  // namespace
}  // namespace cloexec::cli
