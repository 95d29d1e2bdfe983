// SPDX-License-Identifier: Apache-2.0

#include "cli/text/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace cloexec::cli {
namespace {

/// Up to `most` bytes; -1 when it cannot be read, with errno.
int read_from(int fd, std::string& text, std::size_t most) {
  std::array<char, 65536> bytes;
  while (text.size() < most) {
    const ssize_t got = read(fd, bytes.data(), std::min(bytes.size(), most - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return static_cast<int>(got);
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return 0;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  const bool is_read = fd >= 0 && read_from(fd, text, std::numeric_limits<std::size_t>::max()) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!is_read) throw std::runtime_error(fmt::format("{} cannot be read: {}", path, std::strerror(error)));
  return text;
}

std::string read_source(const std::string& path) {
  constexpr off_t most = off_t{16} << 20U;
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return text;
  struct stat status {};
  const bool is_usual = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= most;
  if (!is_usual || read_from(fd, text, static_cast<std::size_t>(most)) != 0) text.clear();
  close(fd);
  return text;
}

}  // namespace cloexec::cli
