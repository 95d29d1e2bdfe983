// SPDX-License-Identifier: Apache-2.0
//
// A service as its files have it: the unit's own, and those that are dropped in (systemd.unit(5)). No manager is asked,
// so that it also works where none runs, as in an image that is being built.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloexec::cli {

class Service {
 public:
  /// Of the unit `name`, which has its suffix; nothing when there is none. A drop-in called cloexec.conf in its folder
  /// is left out: it is what is about to be written anew. Throws std::runtime_error when a file cannot be read.
  static std::optional<Service> find(const std::string& name);

  /// Where a unit is looked for, the first that has it counts: $SYSTEMD_UNIT_PATH, or the system's folders.
  static std::vector<std::string> folders();

  /// All that is assigned to a setting of [Service], as written, in order; an empty assignment undoes those before.
  [[nodiscard]] std::vector<std::string> all(std::string_view setting) const;

  /// The last one; empty when there is none.
  [[nodiscard]] std::string last(std::string_view setting) const;

  /// The words of all.
  [[nodiscard]] std::vector<std::string> words(std::string_view setting) const;

  /// As systemd reads a boolean; false when it is not set.
  [[nodiscard]] bool is_on(std::string_view setting) const;

  /// Whether it is a link to /dev/null, so that it cannot be started.
  [[nodiscard]] bool is_masked() const { return is_masked_; }

 private:
  void read(const std::string& path);
  void take_line(std::string_view line);

  std::map<std::string, std::vector<std::string>, std::less<>> settings_;
  bool is_in_section_ = false;
  bool is_masked_ = false;
};

}  // namespace cloexec::cli
