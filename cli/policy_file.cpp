// SPDX-License-Identifier: Apache-2.0

#include "cli/policy_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "policy/parse.h"

namespace cloexec::cli {
namespace {

std::string trouble_with(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return "not a regular file";
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return fmt::format("belongs to user {}; a policy file must belong to root or to the user who runs the program",
                       status.st_uid);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fmt::format("group or others may write it (mode {:04o}); try chmod go-w", status.st_mode & 07777U);
  return {};
}

}  // namespace

PolicyFile read_policy_file(const std::string& path) {
  PolicyFile file;
  // O_NONBLOCK: opening a FIFO would wait for its writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    file.exists = errno != ENOENT;
    file.trouble = std::strerror(errno);
    return file;
  }
  struct stat status {};
  file.trouble = fstat(fd, &status) == 0 ? trouble_with(status) : std::strerror(errno);
  if (file.trouble.empty()) {
    file.text.resize(longest_policy + 1);
    std::size_t size = 0;
    ssize_t got = 0;
    do {
      got = read(fd, file.text.data() + size, file.text.size() - size);
      if (got > 0) size += static_cast<std::size_t>(got);
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0) file.trouble = std::strerror(errno);
    file.text.resize(size);
  }
  close(fd);
  return file;
}

}  // namespace cloexec::cli
