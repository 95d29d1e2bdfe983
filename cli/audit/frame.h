// SPDX-License-Identifier: Apache-2.0
//
// The calls that led to a descriptor, as reports show them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cloexec::cli {

/// One call. What is not known is empty, or 0.
struct Frame {
  std::string module;         // base name of the object whose code it is: "libcrypto.so.3"
  std::string path;           // of that object
  std::string build_id;       // of that file, in hexadecimal digits
  std::uint64_t offset = 0;   // where the call returns to, as an address in that file; of what was interrupted: where
  std::string function = {};  // demangled
  std::string file = {};      // of the source; absolute where the debug information says so
  unsigned line = 0;
  bool is_in_sources = false;  // `file` is below --source-root, and relative to it

  bool operator==(const Frame&) const = default;
};

/// Frames, innermost first. Copies share them: the same ones come many times in a report.
class Frames {
 public:
  Frames() = default;
  Frames(std::vector<Frame> frames)  // NOLINT(google-explicit-constructor): it is one, shared
      : frames_(frames.empty() ? nullptr : std::make_shared<const std::vector<Frame>>(std::move(frames))) {}
  Frames(std::initializer_list<Frame> frames) : Frames(std::vector<Frame>(frames)) {}

  const Frame* begin() const { return frames_ ? frames_->data() : nullptr; }
  const Frame* end() const { return begin() + size(); }
  std::size_t size() const { return frames_ ? frames_->size() : 0; }
  bool empty() const { return size() == 0; }
  const Frame& front() const { return frames_->front(); }
  const Frame& operator[](std::size_t place) const { return (*frames_)[place]; }

  bool operator==(const Frames& other) const {
    return frames_ == other.frames_ || std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::shared_ptr<const std::vector<Frame>> frames_;
};

}  // namespace cloexec::cli
