// SPDX-License-Identifier: Apache-2.0
//
// Where a descriptor comes from that has crossed an exec: by what the kernel has noted at the fork.
#pragma once

#include "watch/exec.h"

namespace cloexec::cli {

enum class Origin {
  own,        // made by the process since it was forked, or began
  cleared,    // its parent had it close-on-exec: it has cleared the flag itself
  inherited,  // its parent had it so
};

/// Of the number at `bit` of `block`, which was not there when the program that execs began.
Origin origin_of(const watch::Exec& exec, const watch_block& block, std::uint64_t bit);

}  // namespace cloexec::cli
