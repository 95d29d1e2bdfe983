// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/source_root.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

class Root {
 public:
  explicit Root(const std::string& path) : folder_(path.ends_with('/') ? path : path + "/") {}

  void shorten(std::string& path) const {
    if (path.starts_with(folder_) && path.size() > folder_.size()) path.erase(0, folder_.size());
  }

  /// "unix /src/run/socket (listening)".
  void shorten_within(std::string& text) const {
    const std::string words = " " + folder_;
    if (const std::size_t at = text.find(words); at != std::string::npos) text.erase(at + 1, folder_.size());
  }

  /// The compiler may have been told of it by another name, and not in its shortest form.
  void shorten_source(std::string& path) const {
    if (path.empty()) return;
    path = fs::path(path).lexically_normal();
    shorten(path);
    std::error_code error;
    if (const fs::path real = fs::canonical(path, error); path.starts_with('/') && !error) {
      std::string shorter = real;
      shorten(shorter);
      if (!shorter.starts_with('/')) path = shorter;
    }
  }

  /// Debug information may name a file relative to where it was compiled, as Debian's packages have it.
  bool has(const std::string& source) const {
    std::error_code error;
    return fs::exists(folder_ + source, error);
  }

  void lengthen(std::string& path) const {
    if (!path.empty() && !path.starts_with('/')) path.insert(0, folder_);
  }

 private:
  std::string folder_;
};

/// The same stacks come many times.
class Stacks {
 public:
  explicit Stacks(const Root& root) : root_(root) {}

  const Frames& shorter(const Frames& frames) {
    const auto [place, is_new] = known_.try_emplace(frames.begin());
    if (!is_new) return place->second.second;
    std::vector<Frame> changed(frames.begin(), frames.end());
    for (Frame& frame : changed) {
      root_.shorten(frame.path);
      const bool was_absolute = frame.file.starts_with('/');
      root_.shorten_source(frame.file);
      frame.is_in_sources =
          !frame.file.empty() && !frame.file.starts_with('/') && (was_absolute || root_.has(frame.file));
    }
    // What is known by its address must stay.
    place->second = {frames, Frames(std::move(changed))};
    return place->second.second;
  }

 private:
  const Root& root_;
  std::map<const Frame*, std::pair<Frames, Frames>> known_;
};

Crossing shorter(Crossing crossing, const Root& root, Stacks& stacks) {
  root.shorten(crossing.target);
  if (crossing.object == "socket") root.shorten_within(crossing.target);
  root.shorten(crossing.created.program);
  crossing.created.stack = stacks.shorter(crossing.created.stack);
  if (crossing.cleared) {
    root.shorten(crossing.cleared->program);
    crossing.cleared->stack = stacks.shorter(crossing.cleared->stack);
  }
  return crossing;
}

Crossing longer(Crossing crossing, const Root& root) {
  if (crossing.object == "file" || crossing.object == "directory") root.lengthen(crossing.target);
  root.lengthen(crossing.created.program);
  if (crossing.cleared) root.lengthen(crossing.cleared->program);
  return crossing;
}

}  // namespace

std::string source_root_at(const std::string& path) {
  std::error_code error;
  const fs::path root = fs::canonical(path, error);
  if (error) throw std::runtime_error(fmt::format("--source-root: {}: {}", path, error.message()));
  if (!fs::is_directory(root)) throw std::runtime_error(fmt::format("--source-root: {}: this is no folder", path));
  return root;
}

Report relative(Report report) {
  if (report.source_root.empty()) return report;
  const Root root(report.source_root);
  Stacks stacks(root);
  SharedList<Crossing>::Replaced replaced;
  for (Exec& exec : report.execs) {
    root.shorten(exec.program);
    exec.fds.replace_each(replaced, [&](const Crossing& crossing) { return shorter(crossing, root, stacks); });
  }
  return report;
}

Report absolute(Report report) {
  if (report.source_root.empty()) return report;
  const Root root(report.source_root);
  SharedList<Crossing>::Replaced replaced;
  for (Exec& exec : report.execs) {
    root.lengthen(exec.program);
    exec.fds.replace_each(replaced, [&](const Crossing& crossing) { return longer(crossing, root); });
  }
  return report;
}

}  // namespace cloexec::cli
