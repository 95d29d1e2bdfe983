// SPDX-License-Identifier: Apache-2.0
//
// What the dynamic loader makes of the paths that it is told (ld.so(8)).
#pragma once

#include <string>

namespace cloexec::cli {

/// `path` with $LIB in it, so that programs of each kind, 64-bit and 32-bit, find their own: "/usr/$LIB/libcloexec.so".
/// The same where it lies in no folder that glibc's loader knows by that name. musl's loader does not know $LIB.
std::string with_lib_token(const std::string& path);

/// The shim that glibc's loader puts into every program, told by /etc/ld.so.preload; empty when it is told none that is
/// there.
std::string shim_for_all();

}  // namespace cloexec::cli
