// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/policy_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "shim/host/raw_syscall.h"

namespace cloexec {

/// A FIFO would block without O_NONBLOCK, and a terminal could become ours without O_NOCTTY.
PolicyFile::PolicyFile(const char* path)
    : fd_(raw_syscall(__NR_openat, AT_FDCWD, reinterpret_cast<long>(path),
                      O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)),
      trouble_(find_trouble()) {}

PolicyFile::~PolicyFile() {
  if (fd_ >= 0) raw_syscall(__NR_close, fd_);
}

bool PolicyFile::exists() const { return fd_ != -ENOENT; }

const char* PolicyFile::find_trouble() {
  if (fd_ == -ENOENT) return "there is no such file";
  if (fd_ == -EACCES) return "no permission to read the file";
  if (fd_ < 0) return "the file cannot be opened";
  Machine::Status status{};
  if (raw_syscall(fstat_number, fd_, reinterpret_cast<long>(&status)) != 0) return "the file cannot be looked at";
  if (!S_ISREG(status.st_mode)) return "not a regular file";
  if (status.st_uid != 0 && status.st_uid != static_cast<uid_t>(raw_syscall(geteuid_number)))
    return "the file must belong to root or to the user of this process";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "the file must not be writable by group or others";
  size_ = static_cast<std::size_t>(status.st_size);
  return nullptr;
}

std::size_t PolicyFile::read(char* to, std::size_t room) const {
  std::size_t size = 0;
  while (size < room) {
    const long got = raw_syscall(__NR_read, fd_, reinterpret_cast<long>(to + size), static_cast<long>(room - size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

}  // namespace cloexec
