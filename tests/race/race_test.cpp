// SPDX-License-Identifier: Apache-2.0
//
// The race, three times: without a preload every call and every way of launching must leak, or the race is none; under
// one that sets the flag late it must still leak, or the race misses small windows; under the shim nothing may arrive.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/shell.h"

namespace {

std::map<std::string, std::string> race(const std::string& preload, int execs, int patience = 0) {
  const Outcome outcome = run_in_shell("LD_PRELOAD=" + quoted(preload) + " " + quoted(RACE) + " " + quoted(COUNT) +
                                       " " + std::to_string(execs) + " " + std::to_string(patience));
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  auto lines = lines_by_name(outcome.output);
  for (const auto& [name, figures] : lines)
    if (!name.starts_with("call ")) std::cout << name << ": " << figures << '\n';
  return lines;
}

long figure(const std::string& line, const std::string& key) {
  const auto at = line.find(key + "=");
  return at == std::string::npos ? -1 : std::stol(line.substr(at + key.size() + 1));
}

TEST(Race, EveryCallAndEveryWayLeaksWithoutTheShim) {
  const auto lines = race("", 2400, 30);
  int calls = 0, ways = 0;
  for (const auto& [name, figures] : lines) {
    calls += name.starts_with("call ");
    ways += name.starts_with("way ");
    EXPECT_GT(figure(figures, "leaked"), 0) << name << ' ' << figures;
  }
  EXPECT_GE(calls, 40);
  EXPECT_EQ(ways, 5);
  EXPECT_GE(figure(lines.at("total all"), "execs"), 2400);
}

TEST(Race, CatchesAFlagThatIsSetLate) {
  const auto lines = race(LATE, 2400);
  long leaked = 0;
  for (const char* const call : {"call dup", "call pipe", "call socket"}) leaked += figure(lines.at(call), "leaked");
  std::cout << "dup, pipe and socket: leaked=" << leaked << '\n';
  EXPECT_GT(leaked, 0);
}

TEST(Race, NothingReachesAChildUnderTheShim) {
  const auto lines = race(SHIM, 6000);
  for (const auto& [name, figures] : lines) {
    EXPECT_EQ(figure(figures, "leaked"), 0) << name << ' ' << figures;
    if (name.starts_with("call ")) {
      EXPECT_GT(figure(figures, "creations"), 0) << name;
    }
  }
  EXPECT_GE(figure(lines.at("total all"), "execs"), 6000);
  EXPECT_EQ(figure(lines.at("total all"), "children"), 0);
}

}  // namespace
