// SPDX-License-Identifier: Apache-2.0
//
// Texts that the user names: read whole.
#pragma once

#include <string>

namespace cloexec::cli {

/// Throws std::runtime_error that names the file, and why it cannot be read: also when it is a directory.
std::string read_file(const std::string& path);

/// What others name: empty when it is no regular file, or one of more than 16 MiB, or cannot be read. Never waits.
std::string read_source(const std::string& path);

}  // namespace cloexec::cli
