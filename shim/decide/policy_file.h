// SPDX-License-Identifier: Apache-2.0
//
// A policy file: used only when nobody else could have written it, and never one that would block. Nothing here changes
// errno, and all may be called in a signal handler and between fork and exec.
#pragma once

#include <cstddef>

namespace [[gnu::visibility("hidden")]] cloexec {

/// An open policy file, or what is in its way. Its descriptor is the shim's own, close-on-exec, for as long as this
/// lives.
class PolicyFile {
 public:
  /// Opens the file, and looks who could have written it: three system calls at most.
  explicit PolicyFile(const char* path);
  ~PolicyFile();
  PolicyFile(const PolicyFile&) = delete;
  PolicyFile& operator=(const PolicyFile&) = delete;

  /// Whether there is a file of this name, usable or not.
  bool exists() const;

  /// Why the file cannot be used, as a report says it; null when it can.
  const char* trouble() const { return trouble_; }

  /// The file's size in bytes, when it was opened; 0 when it cannot be used.
  std::size_t size() const { return size_; }

  /// Reads at most `room` bytes from where it left off; returns how many there were: fewer at the end, or after an
  /// error.
  std::size_t read(char* to, std::size_t room) const;

 private:
  /// Looks at the file, and what trouble() says of it.
  const char* find_trouble();

  long fd_;  // or the negative errno
  std::size_t size_ = 0;
  const char* trouble_;
};

}  // namespace cloexec
