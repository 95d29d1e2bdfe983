// SPDX-License-Identifier: Apache-2.0
//
// Which programs are in the processes of this machine: an image is a program from its exec to the next, in the process
// that has exec'd and in all that it forks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cli/audit/report.h"
#include "trace/look.h"
#include "watch/exec.h"

namespace cloexec::cli {

/// What crossed an exec, with what the report says of it: in the order of the numbers.
struct Crossed {
  std::vector<watch::Block> blocks;
  SharedList<Crossing> crossings;
  std::size_t leaks = 0;  // of these

  /// Null when the number did not cross, or was another file.
  [[nodiscard]] std::shared_ptr<const Crossing> find(int fd, const watch::Descriptor& now) const;
};

struct Image {
  int pid = 0;       // of the process that has exec'd, or that was there before the watch began
  trace::Look look;  // modules are not there before it was looked at
  std::shared_ptr<const Crossed> arrived;
  std::optional<std::string> environment;           // that it began with
  std::set<std::pair<int, std::uint64_t>> foreign;  // of one from before: what it was given, as number and inode
  bool was_looked_at = false;
  std::int64_t time = 0;

  [[nodiscard]] const std::string& program() const { return look.names.front(); }
};

class Images {
 public:
  /// The image that a process has now; 0 when that is not known.
  using ImageOf = std::function<std::uint64_t(int pid)>;

  explicit Images(ImageOf image_of) : image_of_(std::move(image_of)) {}

  /// Takes down what is there. To be called when the watch has begun.
  void take_stock();

  /// One that is not known has an empty name.
  Image& find(std::uint64_t id);

  Image& add(std::uint64_t id, Image image);

  /// Looks at a process that has the image, if that has not been done: at `pid`, or at the first that had it.
  void look_at(std::uint64_t id, Image& image, int pid);

  /// What the image began with; `pid` may have it.
  const std::string& environment_of(std::uint64_t id, Image& image, int pid);

  /// A process that has the image now, `pid` or the first that had it; 0 when none is known.
  [[nodiscard]] int witness_of(std::uint64_t id, const Image& image, int pid) const;

  /// Whether the shim is at work in it, and forces the flag. It must have been looked at.
  bool is_guarded(std::uint64_t id, Image& image, int pid);

 private:
  void take_stock_of(int pid);
  void forget_unused(std::int64_t now);

  ImageOf image_of_;
  std::unordered_map<std::uint64_t, Image> images_;
  std::size_t enough_ = 8192;
};

}  // namespace cloexec::cli
