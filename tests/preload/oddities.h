// SPDX-License-Identifier: Apache-2.0
//
// What few programs do, by name, for the policy probe: calls with unusual arguments, and what happens to a process on
// its way.
#pragma once

#include <string>

/// Makes a descriptor in the way called `how`, of `path` or `number`. Returns it, or -1 and errno; -2 when there is no
/// such way.
int make_oddly(const std::string& how, const std::string& path, int number);

/// Does what is called `what`; whether there is such a thing, and it worked.
bool do_oddly(const std::string& what, const std::string& about);
