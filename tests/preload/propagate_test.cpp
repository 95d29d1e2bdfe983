// SPDX-License-Identifier: Apache-2.0
//
// CLOEXEC_PROPAGATE=no: the program has the shim, its children do not, and nothing else of their environment changes.

#include <algorithm>
#include <sstream>

#include "tests/support/spawn.h"

namespace {

/// The environment of a program that the probe starts, sorted.
std::vector<std::string> given_to_children(std::vector<std::string> environment, std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), PROBE);
  std::vector<std::string> lines;
  std::istringstream text(run(verbs, std::move(environment)).out);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  if (!lines.empty()) std::sort(lines.begin() + 1, lines.end());
  return lines;
}

using Lines = std::vector<std::string>;

// env(1) takes "arrived" for a program to run, hence this one, which ignores its arguments.
const std::vector<std::string> verbs = {"open", "start:execv=" PRINT_ENVIRONMENT};

TEST(Propagate, YesLeavesTheEnvironmentAlone) {
  const Lines all = {"open 3 1", "A=1", "CLOEXEC_ALLOW=9", "CLOEXEC_PROPAGATE=yes", ("LD_PRELOAD=" SHIM), "Z=2"};
  EXPECT_EQ(given_to_children({"A=1", ("LD_PRELOAD=" SHIM), "CLOEXEC_ALLOW=9", "CLOEXEC_PROPAGATE=yes", "Z=2"}, verbs),
            all);
}

TEST(Propagate, NoTakesTheShimAndItsVariablesAway) {
  EXPECT_EQ(given_to_children(
                {"A=1", "CLOEXEC_ALLOW=9", ("LD_PRELOAD=" SHIM), "CLOEXEC_POLICY=force", "CLOEXEC_PROFILE=strict",
                 "CLOEXEC_MODE=enforce", "CLOEXEC_AUDIT=/x", "CLOEXEC_PROPAGATE=no", "Z=2"},
                verbs),
            (Lines{"open 3 1", "A=1", "Z=2"}));
  EXPECT_EQ(given_to_children({"LD_PRELOAD=" SHIM, "CLOEXEC_PROPAGATE=no"}, verbs), Lines{"open 3 1"});
}

TEST(Propagate, NoHoldsForEveryWayToStart) {
  for (const std::string way :
       {"execv", "execvp", "execl", "execlp", "execle", "execve", "fexecve", "posix_spawn", "posix_spawnp"})
    EXPECT_EQ(given_to_children({"A=1", "LD_PRELOAD=" SHIM, "CLOEXEC_PROPAGATE=no"},
                                {"open", "start:" + way + "=" PRINT_ENVIRONMENT}),
              (Lines{"open 3 1", "A=1"}))
        << way;
}

TEST(Propagate, NoKeepsOtherPreloads) {
  const auto kept = [](const std::string& preload) {
    return given_to_children({"LD_PRELOAD=" + preload, "CLOEXEC_PROPAGATE=no"}, verbs);
  };
  const Lines one = {"open 3 1", "LD_PRELOAD=" MODULE};
  const Lines two = {"open 3 1", "LD_PRELOAD=" MODULE ":" MODULE};
  EXPECT_EQ(kept(MODULE ":" SHIM), one);
  EXPECT_EQ(kept(SHIM ":" MODULE), one);
  EXPECT_EQ(kept(SHIM " " MODULE), one);
  EXPECT_EQ(kept(" : " MODULE " :: " SHIM " "), one);
  EXPECT_EQ(kept(MODULE " " SHIM ":" MODULE), two);
  EXPECT_EQ(kept(MODULE ":" SHIM ":" MODULE ":" SHIM), two);
  EXPECT_EQ(kept(SHIM ":" SHIM), Lines{"open 3 1"});
}

TEST(Propagate, NoHoldsInAModeThatForcesNothing) {
  EXPECT_EQ(given_to_children({"LD_PRELOAD=" SHIM, "CLOEXEC_PROPAGATE=no", "CLOEXEC_MODE=off"}, verbs),
            Lines{"open 3 0"});
}

}  // namespace
