// SPDX-License-Identifier: Apache-2.0
//
// A file that is written in the end, when all is known that goes into it: whole, or not at all.
#pragma once

#include <sys/stat.h>

#include <string>

namespace cloexec::cli {

class Output {
 public:
  /// Standard output when `path` is empty or "-". Throws std::runtime_error that names the file when it could not be
  /// written as things are; it is not touched.
  explicit Output(const std::string& path);

  [[nodiscard]] bool is_standard() const { return fd_ >= 0; }

  /// Puts the text in the place of what is there. Whether that could be done: if not it says so, and writes the text to
  /// standard output, lest it is lost.
  bool write(const std::string& text) const;

 private:
  void check() const;
  [[nodiscard]] int replace(const std::string& text) const;
  [[nodiscard]] int overwrite(const std::string& text) const;

  std::string path_;
  int fd_ = -1;  // of what is open already
  std::string target_;
  struct stat before_ {};
  bool exists_ = false;
  bool is_replaced_ = true;  // by a rename; else it is written to
};

}  // namespace cloexec::cli
