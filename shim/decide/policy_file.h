// SPDX-License-Identifier: Apache-2.0
//
// A policy file: used only when nobody else could have written it, and never one that would block.
#pragma once

#include <cstddef>

namespace [[gnu::visibility("hidden")]] cloexec {

class PolicyFile {
 public:
  /// Opens the file, and looks who could have written it.
  explicit PolicyFile(const char* path);
  ~PolicyFile();
  PolicyFile(const PolicyFile&) = delete;
  PolicyFile& operator=(const PolicyFile&) = delete;

  bool exists() const;

  /// Why it cannot be used; null when it can.
  const char* trouble() const { return trouble_; }

  /// In bytes.
  std::size_t size() const { return size_; }

  /// Reads at most `room` bytes; returns how many there were.
  std::size_t read(char* to, std::size_t room) const;

 private:
  const char* find_trouble();

  long fd_;  // or the negative errno
  std::size_t size_ = 0;
  const char* trouble_;
};

}  // namespace cloexec
