// SPDX-License-Identifier: Apache-2.0
//
// What libc or the kernel makes close-on-exec by itself, by name, for the policy probe.
#pragma once

#include <string>

/// Makes it in the way called `how`, about `number` where it is about one. Returns the descriptor, or -1 and errno; -2
/// when there is no such way.
int make_marked(const std::string& how, int number);
