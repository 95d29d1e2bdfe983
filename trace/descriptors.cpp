// SPDX-License-Identifier: Apache-2.0

#include "trace/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "trace/proc.h"

namespace cloexec::trace {
namespace {

/// Behind ".", "..", 0, 1 and 2: the kernel makes an inode for each entry that it shows (proc_readfd_common).
constexpr off_t place_of_3 = 5;
constexpr int last_standard = 2;
/// Of getdents64(2), for a number of up to ten digits.
constexpr std::size_t entry_size = 32;

/// -1 for what is none, as "." is.
int number_in(const char* name) {
  int number = -1;
  std::from_chars(name, name + std::strlen(name), number);
  return number;
}

/// A name with its NUL, on the stack: these are asked for by the thousand.
class Name {
 public:
  explicit Name(int number) { *std::to_chars(text_.begin(), text_.end() - 1, number).ptr = '\0'; }
  const char* get() const { return text_.data(); }

 private:
  std::array<char, 16> text_{};
};

long compare(Place one, Place other, int what) {
  return syscall(SYS_kcmp, one.task, other.task, what, static_cast<unsigned long>(one.fd),
                 static_cast<unsigned long>(other.fd));
}

}  // namespace

Descriptors::Descriptors(pid_t task) : folder_(open_in_proc(task, "fd", O_DIRECTORY)) {}

Descriptors::~Descriptors() {
  if (folder_ >= 0) close(folder_);
}

std::vector<int> Descriptors::numbers(std::size_t most, bool& are_all) const {
  std::vector<int> found;
  are_all = true;
  lseek(folder_, place_of_3, SEEK_SET);
  std::array<char, 4096> block;
  // No more room than will do: what does not fit in costs nothing.
  const std::size_t room = most < block.size() / entry_size ? (most + 1) * entry_size : block.size();
  // To the end: a signal cuts what is returned short, too (filldir64 in the kernel's fs/readdir.c).
  for (;;) {
    const long size = syscall(SYS_getdents64, folder_, block.data(), room);
    if (size <= 0) return found;
    std::uint16_t length = 0;
    for (long at = 0; at < size; at += length) {
      const char* const entry = block.data() + at;
      std::memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
      const int number = number_in(entry + offsetof(dirent64, d_name));
      if (number <= last_standard) continue;
      are_all = found.size() < most;
      if (!are_all) return found;
      found.push_back(number);
    }
  }
}

std::optional<FileIdentity> Descriptors::identity(int fd) const {
  struct statx status {};
  // A file server that does not answer must not hold everybody up.
  if (statx(folder_, Name(fd).get(), AT_STATX_DONT_SYNC, STATX_INO, &status) != 0) return {};
  return FileIdentity{std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor, status.stx_ino};
}

std::string Descriptors::link(int fd) const {
  std::array<char, 4096> target;
  const ssize_t size = readlinkat(folder_, Name(fd).get(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

std::optional<bool> is_marked(pid_t task, int fd) {
  const std::string info = beginning_in_proc(task, std::string("fdinfo/") + Name(fd).get());
  constexpr std::string_view name = "flags:\t";
  const std::size_t at = info.find(name);
  if (at == std::string::npos) return {};
  int flags = 0;
  std::from_chars(info.data() + at + name.size(), info.data() + info.size(), flags, 8);
  return (flags & O_CLOEXEC) != 0;
}

bool is_same_file(Place one, Place other) {
  const long result = compare(one, other, KCMP_FILE);
  if (result >= 0) return result == 0;
  if (errno != ENOSYS && errno != EPERM && errno != EACCES) return false;
  const auto first = Descriptors(one.task).identity(one.fd);
  return first.has_value() && first == Descriptors(other.task).identity(other.fd);
}

bool shares_table(pid_t one, pid_t other) { return compare({one, 0}, {other, 0}, KCMP_FILES) == 0; }

bool may_share_table(pid_t one, pid_t other) { return compare({one, 0}, {other, 0}, KCMP_FILES) <= 0; }

}  // namespace cloexec::trace
