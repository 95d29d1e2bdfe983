// SPDX-License-Identifier: Apache-2.0

#include "cli/text/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "cli/message.h"

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

/// An errno value; 0 when all was written.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno != EINTR) return errno;
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
  return 0;
}

int close_after(int fd, int error) { return close(fd) == 0 ? error : error != 0 ? error : errno; }

/// A new file beside `path`; -1 with errno.
int make_beside(const std::string& path, std::string& name) {
  const fs::path file(path);
  name = file.parent_path() / fmt::format(".{}.XXXXXX", file.filename().string().substr(0, 200));
  return mkostemp(name.data(), O_CLOEXEC);
}

/// What open(2) gives a new file.
mode_t mode_of_new_files() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666U & ~mask;
}

bool is_same(const struct stat& file, int fd) {
  struct stat other {};
  return fstat(fd, &other) == 0 && other.st_dev == file.st_dev && other.st_ino == file.st_ino;
}

/// Symbolic links stay, and lead to the new file.
std::string followed(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(path), error);
  return error ? path : target.string();
}

}  // namespace

Output::Output(const std::string& path) : path_(path) {
  if (path.empty() || path == "-") {
    fd_ = STDOUT_FILENO;
    return;
  }
  target_ = followed(path);
  exists_ = stat(path.c_str(), &before_) == 0;
  // "/dev/stdout": what stands there already is not ours to take away.
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    if (exists_ && is_same(before_, fd)) fd_ = fd;
  if (fd_ < 0) check();
  is_replaced_ = fd_ < 0 && (!exists_ || S_ISREG(before_.st_mode));
  if (!is_replaced_) return;
  std::string name;
  const int fd = make_beside(target_, name);
  if (fd >= 0) {
    close(fd);
    unlink(name.c_str());
  } else if (exists_) {
    // A file that is ours in a folder that is not.
    is_replaced_ = false;
  } else {
    throw std::runtime_error(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
  }
}

/// Of what is there.
void Output::check() const {
  // The reader of a fifo would be there no more.
  if (!exists_ || S_ISFIFO(before_.st_mode)) return;
  const int fd = open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) throw std::runtime_error(fmt::format("{} cannot be written: {}", path_, std::strerror(errno)));
  close(fd);
}

bool Output::write(const std::string& text) const {
  if (fd_ == STDOUT_FILENO) {
    // What cannot be written is told in the end.
    fmt::print("{}", text);
    return true;
  }
  const int error = fd_ >= 0 ? write_all(fd_, text) : is_replaced_ ? replace(text) : overwrite(text);
  if (error == 0) return true;
  fmt::print("{}", text);
  fail(fmt::format("{} cannot be written: {}; its text is on standard output instead", path_, std::strerror(error)));
  return false;
}

int Output::replace(const std::string& text) const {
  std::string name;
  const int fd = make_beside(target_, name);
  if (fd < 0) return errno;
  int error = fchmod(fd, exists_ ? before_.st_mode & 07777U : mode_of_new_files()) == 0 ? 0 : errno;
  // Only root may give files away; to others it stays their own.
  if (exists_ && fchown(fd, before_.st_uid, before_.st_gid) != 0) error = errno == EPERM ? error : errno;
  if (error == 0) error = write_all(fd, text);
  error = close_after(fd, error);
  if (error == 0 && rename(name.c_str(), target_.c_str()) != 0) error = errno;
  if (error != 0) unlink(name.c_str());
  return error;
}

int Output::overwrite(const std::string& text) const {
  const int fd = open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
  return fd < 0 ? errno : close_after(fd, write_all(fd, text));
}

}  // namespace cloexec::cli
