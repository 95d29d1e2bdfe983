// SPDX-License-Identifier: Apache-2.0
//
// Where libcloexec.so is: beside this command, wherever that was moved to, or in the system.
#pragma once

#include <string>

namespace cloexec::cli {

inline constexpr const char* shim_name = "libcloexec.so";

/// The absolute path; throws with a hint when the shim is not found, or has a path that LD_PRELOAD cannot hold. Beside
/// it, in a folder of its own, is the one that audits load.
std::string find_shim(bool is_for_audit = false);

/// LD_PRELOAD with the shim before what `others` has already, once.
std::string preload_list(const std::string& shim, std::string_view others);

}  // namespace cloexec::cli
