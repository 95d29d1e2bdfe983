// SPDX-License-Identifier: Apache-2.0
//
// The ways in which the programs of this folder start the lister, telling it numbers or none.
#pragma once

#include <string>
#include <vector>

/// Starts LISTER, and waits for it: by `exec` (never returns), `fork`, `vfork`, `spawn`, `actions` (posix_spawn with
/// file actions), `clone` (CLONE_VM | CLONE_VFORK), `thread` (from a second thread of a forked child). It is told
/// `numbers`, each as "--status-fd N". False: no such way, or it could not be started.
bool start_lister(const std::string& way, const std::vector<int>& numbers);

/// As it would be called: the name, and "--status-fd N" for each.
std::vector<std::string> words_for_lister(const std::vector<int>& numbers);

/// Waits until this child has ended. The status is waitpid(2)'s.
int wait_for(int child);
