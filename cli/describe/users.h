// SPDX-License-Identifier: Apache-2.0
//
// Users by name and by number.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace cloexec::cli {

/// The number as text where the user database has no name for it (getpwuid(3)); asked once for each.
const std::string& name_of_user(uid_t number);

/// Of a name, or of a number as text; absent when it is neither (getpwnam(3)).
std::optional<uid_t> number_of_user(const std::string& name);

}  // namespace cloexec::cli
