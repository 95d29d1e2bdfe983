// SPDX-License-Identifier: Apache-2.0
//
// Runs a program of this folder bare and under the shim with the standard profile. What bare gives is the bound.
#pragma once

#include "tests/support/spawn.h"

inline const std::vector<std::string> nothing_preloaded = {"PATH=/usr/bin:/bin"};
inline const std::vector<std::string> shim_preloaded = {"PATH=/usr/bin:/bin", "LD_PRELOAD=" SHIM};

/// What it printed; that it ended well, and complained of nothing, is expected.
inline std::string said(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  const Ran ran = run(words, environment);
  EXPECT_EQ(ran.status, 0) << testing::PrintToString(words);
  EXPECT_EQ(ran.err, "") << testing::PrintToString(words);
  return ran.out;
}

inline std::string bare(const std::vector<std::string>& words) { return said(words, nothing_preloaded); }
inline std::string shimmed(const std::vector<std::string>& words) { return said(words, shim_preloaded); }
