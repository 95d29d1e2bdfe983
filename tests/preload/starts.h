// SPDX-License-Identifier: Apache-2.0
//
// The ways to start a program, by name, for the policy probe: every function of family exec, called as its users do.
#pragma once

#include <string>
#include <vector>

/// Starts `program` with `words` behind its name by the function called `how`, with this process's environment. Returns
/// -1 and errno when that fails; waits for a child, so that what it printed is there, and then returns 0.
int start(const std::string& how, const std::string& program, const std::vector<std::string>& words);
