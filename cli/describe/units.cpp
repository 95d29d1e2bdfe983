// SPDX-License-Identifier: Apache-2.0

#include "cli/describe/units.h"

#include <algorithm>

#include "policy/glob.h"

namespace cloexec::cli {
namespace {

/// The text before `end`, which is taken off with it; all of it when there is none.
std::string_view take_until(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// The kinds that have a control group with processes in it (systemd.unit(5)).
bool is_unit(std::string_view name) {
  const std::string_view suffixes[] = {".service", ".scope", ".socket", ".mount", ".swap"};
  return std::any_of(std::begin(suffixes), std::end(suffixes),
                     [&](std::string_view suffix) { return name.size() > suffix.size() && name.ends_with(suffix); });
}

/// The first group of `path` that is no slice, which it loses; empty when that is no unit.
std::string_view take_unit(std::string_view& path) {
  while (!path.empty()) {
    std::string_view group = take_until(path, '/');
    // Seen from a namespace of control groups, what lies beside it begins with "..".
    if (group.empty() || group == ".." || group.ends_with(".slice")) continue;
    // systemd puts it before names that the kernel could take for its own files.
    if (group.starts_with('_')) group.remove_prefix(1);
    return is_unit(group) ? group : std::string_view();
  }
  return {};
}

Units units_of(std::string_view path) {
  constexpr std::string_view removed = " (deleted)";
  if (path.ends_with(removed)) path.remove_suffix(removed.size());
  Units units;
  units.system = take_unit(path);
  if (units.system.starts_with("user@") && units.system.ends_with(".service")) units.user = take_unit(path);
  return units;
}

}  // namespace

Units units_in(std::string_view cgroups) {
  Units named;
  while (!cgroups.empty()) {
    std::string_view path = take_until(cgroups, '\n');
    const std::string_view hierarchy = take_until(path, ':');
    const std::string_view controllers = take_until(path, ':');
    // systemd's own hierarchies: version 2's, and beside version 1's controllers, where there is no other, one of its
    // name.
    if (controllers == "name=systemd") named = units_of(path);
    if (hierarchy != "0") continue;
    if (Units units = units_of(path); !units.system.empty()) return units;
  }
  return named;
}

bool matches_units(std::string_view globs, const Units& units) {
  return any_item(globs, [&](std::string_view glob) {
    std::string name(glob);
    if (glob.find_first_of(".*?[") == std::string_view::npos) name += ".service";
    const auto matches = [&](const std::string& unit) { return !unit.empty() && matches_glob(name, unit); };
    return matches(units.system) || matches(units.user);
  });
}

}  // namespace cloexec::cli
