// SPDX-License-Identifier: Apache-2.0
//
// Calls as people read them.
#pragma once

#include <string>

#include "cli/audit/frame.h"

namespace cloexec::cli {

/// "read_config (src/config.c:12)", "read_config in libconfig.so", "libconfig.so+0x1234": as far as it is known.
std::string text_of(const Frame& frame);

/// "read_config (config.c:12)", "read_config", "libconfig.so": in few words, without arguments; of the source its path,
/// where that is relative, else its name.
std::string brief_text_of(const Frame& frame);

/// Whether more is known than the object.
bool is_known(const Frame& frame);

/// The call nearest to the descriptor whose line of source is known: of the sources that the user named, which have
/// relative paths, if there is one. Null when none is.
const Frame* frame_in_sources(const Frames& frames);

}  // namespace cloexec::cli
