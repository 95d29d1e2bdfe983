// SPDX-License-Identifier: Apache-2.0
//
// What libFuzzer calls, and the replay of what it found: see scripts/fuzz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Ends the process, which is how a fuzzer is told of a mistake.
#define REQUIRE(condition)     \
  do {                         \
    if (!(condition)) abort(); \
  } while (false)
