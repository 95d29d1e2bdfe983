// SPDX-License-Identifier: Apache-2.0

#include "cli/doctor/rights.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace cloexec::cli {
namespace {

Right named_right(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};
  if ((status.st_mode & S_ISUID) != 0)
    return {"set-user-id", fmt::format("set-user-ID (user {})", status.st_uid), true, status.st_uid == geteuid()};
  // Without the group's execute bit it means mandatory locking.
  if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0)
    return {"set-group-id", fmt::format("set-group-ID (group {})", status.st_gid), true, status.st_gid == getegid()};
  if (getxattr(path.c_str(), "security.capability", nullptr, 0) > 0)
    return {"capabilities", "given capabilities by its file", true, geteuid() == 0};
  return {};
}

}  // namespace

Right right_of(const std::string& path) {
  Right right = named_right(path);
  struct statvfs system {};
  right.has_effect = statvfs(path.c_str(), &system) != 0 || (system.f_flag & ST_NOSUID) == 0;
  return right;
}

}  // namespace cloexec::cli
