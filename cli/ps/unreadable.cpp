// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/unreadable.h"

#include <cerrno>

namespace cloexec::cli {

bool has_ended(const std::system_error& error) {
  return error.code().value() == ENOENT || error.code().value() == ESRCH;
}

bool is_forbidden(const std::system_error& error) {
  return error.code().value() == EACCES || error.code().value() == EPERM;
}

Unreadable unreadable(const std::system_error& error, const ProcFolder& folder, const std::string& comm) {
  if (has_ended(error)) return {Obstacle::gone, comm};
  if (!is_forbidden(error)) throw error;
  try {
    return {folder.content("stat").empty() ? Obstacle::gone : Obstacle::forbidden, comm};
  } catch (const std::system_error&) {
    return {Obstacle::gone, comm};
  }
}

}  // namespace cloexec::cli
