// SPDX-License-Identifier: Apache-2.0
//
// The ways to receive descriptors, by name, for the policy probe: each function, with one message or two, with other
// control messages before the one that brings them, and with arguments that no program should give.
#pragma once

#include <string>
#include <vector>

/// Receives, in the way called `how`, descriptors that this process has just sent to itself, two with each message.
/// Returns them; -1 alone and errno when the call fails.
std::vector<int> receive(const std::string& how);
