// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/shim.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "cli/find_shim.h"
#include "cli/policy_file.h"
#include "cli/ps/shown.h"

namespace cloexec::cli {
namespace {

constexpr std::string_view replaced = " (deleted)";

/// The texts that /proc/PID/environ has, each with a null byte behind it (proc(5)).
class Environment {
 public:
  explicit Environment(std::string texts) : texts_(std::move(texts)) {}

  /// A title that is written over the arguments goes on in the environment, from its beginning (setproctitle(3bsd)).
  [[nodiscard]] bool is_overwritten() const {
    const std::string_view first = std::string_view(texts_).substr(0, texts_.find('\0'));
    return !texts_.empty() && first.find('=') == std::string_view::npos;
  }

  /// Of one that is set twice the first (getenv(3)); empty when it is not set.
  [[nodiscard]] std::string value(std::string_view name) const {
    for (std::string_view rest = texts_; !rest.empty();) {
      const std::string_view entry = rest.substr(0, rest.find('\0'));
      rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
      if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
        return std::string(entry.substr(name.size() + 1));
    }
    return {};
  }

 private:
  std::string texts_;
};

/// What it does not know is the default.
ShimSettings settings_from(const Environment& environment) {
  ShimSettings settings;
  if (const std::string mode = environment.value("CLOEXEC_MODE"); mode == "observe" || mode == "off")
    settings.mode = mode;
  if (environment.value("CLOEXEC_PROFILE") == "strict") settings.profile = "strict";
  settings.allowed = environment.value("CLOEXEC_ALLOW");
  settings.rules = environment.value("CLOEXEC_POLICY");
  settings.file = environment.value("CLOEXEC_POLICY_FILE");
  settings.propagates = environment.value("CLOEXEC_PROPAGATE") != "no";
  settings.audit = environment.value("CLOEXEC_AUDIT");
  return settings;
}

/// As the process sees it: it may have another root.
void find_file(ShimSettings& settings, const ProcFolder& process, std::chrono::system_clock::time_point started) {
  const bool is_named = !settings.file.empty();
  const std::string path = is_named ? settings.file : default_policy_file;
  // The folder that it was relative to may be another by now.
  if (!path.starts_with('/')) return;
  // The clock may have been set, and a process is told its start by ticks.
  constexpr std::chrono::seconds doubt{1};
  try {
    const auto changed = process.changed("root" + path);
    settings.file = path;
    if (changed > started + doubt) settings.file_state = ShimSettings::FileState::changed;
  } catch (const std::system_error& error) {
    const bool is_missing = error.code().value() == ENOENT || error.code().value() == ENOTDIR;
    if (!is_missing || is_named) settings.file = path;
    if (is_missing) settings.file_state = ShimSettings::FileState::missing;
  }
}

void take(const Shown& shown, std::optional<ShimSettings>& settings) {
  if (!settings) settings.emplace().source = ShimSettings::Source::memory;
  settings->mode = shown.changes_nothing == 0 ? "enforce" : shown.is_off != 0 ? "off" : "observe";
  settings->profile = shown.is_strict != 0 ? "strict" : "standard";
  settings->is_switched_off = shown.is_switched_off != 0;
}

}  // namespace

std::vector<std::string> shims_in(std::string_view maps) {
  // One file has a line a segment: "BEGIN-END PERMISSIONS OFFSET DEVICE INODE   PATH" (proc(5)).
  const std::string name = fmt::format("/{}", shim_name);
  std::map<std::string_view, std::string_view> paths;  // by device and inode
  for (std::size_t at = maps.find(name); at != std::string_view::npos; at = maps.find(name, at + 1)) {
    const std::size_t begin = maps.rfind('\n', at) + 1;
    const std::string_view line = maps.substr(begin, maps.find('\n', at) - begin);
    if (!line.ends_with(name) && !line.ends_with(fmt::format("{}{}", name, replaced))) continue;
    const std::size_t path = line.find('/');
    std::size_t device = 0;
    for (int skipped = 0; skipped < 3; ++skipped) device = line.find(' ', device) + 1;
    if (device < path) paths[line.substr(device, path - device)] = line.substr(path);
  }
  std::vector<std::string> result;
  for (const auto& [file, path] : paths) result.emplace_back(path);
  return result;
}

bool is_replaced(std::string_view shim) { return shim.ends_with(replaced); }

std::optional<ShimSettings> shim_settings(const ShimQuestion& question) {
  std::optional<ShimSettings> settings;
  if (question.is_secure) {
    settings.emplace().source = ShimSettings::Source::defaults;
  } else if (const Environment environment(question.process.content("environ")); !environment.is_overwritten()) {
    settings = settings_from(environment);
  }
  if (settings) find_file(*settings, question.process, question.started);
  // Of several copies only the one that was loaded first is at work, and it is not known which that is.
  if (question.shims.size() == 1)
    if (const auto shown = shown_by(question.shims[0], question.maps, question.process)) take(*shown, settings);
  return settings;
}

}  // namespace cloexec::cli
