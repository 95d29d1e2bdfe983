// SPDX-License-Identifier: Apache-2.0

#include "cli/proc_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <memory>
#include <system_error>

namespace cloexec::cli {
namespace {

[[noreturn]] void fail_for(const std::string& name) { throw std::system_error(errno, std::generic_category(), name); }

int open_in(int folder, const std::string& name, int flags) {
  const int fd = openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) fail_for(name);
  return fd;
}

class Opened {
 public:
  explicit Opened(int fd) : fd_(fd) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() { close(fd_); }

  /// Empty at the end.
  [[nodiscard]] std::string read(const std::string& name) const {
    std::array<char, 16384> block;
    for (;;) {
      const ssize_t got = ::read(fd_, block.data(), block.size());
      if (got >= 0) return {block.data(), static_cast<std::size_t>(got)};
      if (errno != EINTR) fail_for(name);
    }
  }

  [[nodiscard]] std::string part(const std::string& name, std::uint64_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = pread(fd_, bytes.data(), size, static_cast<off_t>(offset));
    if (got < 0) fail_for(name);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }

 private:
  int fd_;
};

}  // namespace

ProcFolder::ProcFolder(const std::string& path) : fd_(open_in(AT_FDCWD, path, O_DIRECTORY)) {}

ProcFolder::ProcFolder(const ProcFolder& parent, const std::string& name)
    : fd_(open_in(parent.fd_, name, O_DIRECTORY)) {}

ProcFolder::~ProcFolder() { close(fd_); }

std::string ProcFolder::content(const std::string& name) const {
  const Opened file(open_in(fd_, name, 0));
  std::string text;
  for (;;) {
    const std::string block = file.read(name);
    if (block.empty()) return text;
    text += block;
  }
}

std::string ProcFolder::beginning(const std::string& name) const { return Opened(open_in(fd_, name, 0)).read(name); }

std::string ProcFolder::part(const std::string& name, std::uint64_t offset, std::size_t size) const {
  const Opened file(open_in(fd_, name, 0));
  return file.part(name, offset, size);
}

std::string ProcFolder::link(const std::string& name) const {
  std::array<char, PATH_MAX> target;
  const ssize_t size = readlinkat(fd_, name.c_str(), target.data(), target.size());
  if (size < 0) fail_for(name);
  return {target.data(), static_cast<std::size_t>(size)};
}

std::uint32_t ProcFolder::mode(const std::string& name) const {
  struct statx status {};
  if (statx(fd_, name.c_str(), AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) return 0;
  return status.stx_mode;
}

std::chrono::system_clock::time_point ProcFolder::changed(const std::string& path) const {
  struct statx status {};
  if (statx(fd_, path.c_str(), AT_STATX_DONT_SYNC, STATX_CTIME, &status) != 0) fail_for(path);
  const auto since_epoch =
      std::chrono::seconds(status.stx_ctime.tv_sec) + std::chrono::nanoseconds(status.stx_ctime.tv_nsec);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

std::string ProcFolder::attribute(const std::string& name, const char* attribute) const {
  std::array<char, 256> value;
  // There is no getxattrat(2) before Linux 6.13.
  const std::string path = fmt::format("/proc/self/fd/{}/{}", fd_, name);
  const ssize_t size = getxattr(path.c_str(), attribute, value.data(), value.size());
  if (size <= 0) return {};
  const std::string text(value.data(), static_cast<std::size_t>(size));
  return text.substr(0, text.find('\0'));
}

std::vector<int> ProcFolder::numbers() const {
  const int again = open_in(fd_, ".", O_DIRECTORY);
  struct Closer {
    void operator()(DIR* folder) const { closedir(folder); }
  };
  const std::unique_ptr<DIR, Closer> folder(fdopendir(again));
  if (folder == nullptr) {
    close(again);
    fail_for(".");
  }
  std::vector<int> found;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(folder.get());
    if (entry == nullptr && errno != 0) fail_for(".");
    if (entry == nullptr) break;
    if (const int number = number_from(entry->d_name); number >= 0) found.push_back(number);
  }
  std::sort(found.begin(), found.end());
  return found;
}

int number_from(const std::string& text) {
  int number = -1;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stopped == end ? number : -1;
}

}  // namespace cloexec::cli
