// SPDX-License-Identifier: Apache-2.0

#include <fmt/color.h>

#include <algorithm>

#include "cli/describe/users.h"
#include "cli/message.h"
#include "cli/ps/report.h"
#include "cli/terminal.h"

namespace cloexec::cli {
namespace {

/// Columns of the table before the targets.
struct Columns {
  std::size_t fd = 2;
  std::size_t object = 6;

  explicit Columns(const Listing& listing) {
    for (const Listed& process : listing.processes)
      for (const Inheritable& one : process.fds) {
        fd = std::max(fd, std::to_string(one.fd).size());
        object = std::max(object, one.object.size());
      }
  }

  template <typename Number>
  std::string row(const Number& number, std::string_view kind, std::string_view target, unsigned width) const {
    const std::string text = fmt::format("  {:>{}}  {:<{}}  ", number, fd, kind, object);
    return text + folded_beside(text.size(), target, width);
  }
};

std::string heading(const Listed& process, bool with_colours) {
  const std::string name = printable(fmt::format("{}[{}]", process.comm, process.pid));
  std::string shim = process.shims.empty() ? "without the shim" : "with the shim";
  if (process.shims.size() > 1)
    shim += fmt::format(" in {} copies: {}", process.shims.size(), fmt::join(process.shims, ", "));
  else if (process.shims.size() == 1 && is_replaced(process.shims[0]))
    shim += fmt::format(", whose file was replaced or removed: {}", process.shims[0]);
  // Where it is in, /etc/ld.so.preload has brought it.
  if (process.is_secure && process.shims.empty())
    shim += ": it was started where LD_PRELOAD does not count (AT_SECURE)";
  if (process.starts_secure)
    shim += "; its effective user or group is not its real one: for what it starts now LD_PRELOAD does not count";
  return fmt::format("{} {}, {}\n", with_colours ? fmt::format(fmt::emphasis::bold, "{}", name) : name,
                     printable(process.exe), printable(shim));
}

/// "nginx.service, user www-data"
std::string owner_of(const Who& process) {
  std::string text = process.units.system;
  if (!process.units.user.empty()) text += fmt::format(" / {}", process.units.user);
  return fmt::format("  {}{}user {}\n", printable(text), text.empty() ? "" : ", ",
                     printable(name_of_user(process.user)));
}

std::string file_text(const ShimSettings& settings) {
  switch (settings.file_state) {
    case ShimSettings::FileState::changed:
      return settings.file + " (changed since the process began)";
    case ShimSettings::FileState::missing:
      return settings.file + " (there is none)";
    case ShimSettings::FileState::read:
      break;
  }
  return settings.file;
}

/// "mode enforce; policy: CLOEXEC_ALLOW=3, /etc/cloexec.conf, profile standard", in the order in which they are asked.
std::string settings_text(const Listed& process) {
  if (!process.settings) return "  mode and policy are not known: the program has overwritten its environment\n";
  const ShimSettings& settings = *process.settings;
  std::string text = "mode " + settings.mode;
  if (settings.is_switched_off) text += ", switched off by the program itself";
  if (settings.source == ShimSettings::Source::memory)
    return fmt::format("  {}; profile {}; other rules are not known: the program has overwritten its environment\n",
                       text, settings.profile);
  std::vector<std::string> sources;
  if (!settings.allowed.empty()) sources.push_back("CLOEXEC_ALLOW=" + settings.allowed);
  if (!settings.rules.empty()) sources.push_back("CLOEXEC_POLICY=" + settings.rules);
  if (!settings.file.empty()) sources.push_back(file_text(settings));
  sources.push_back("profile " + settings.profile);
  text += fmt::format("; policy: {}", fmt::join(sources, ", "));
  if (settings.source == ShimSettings::Source::defaults) text += "; its variables do not count (AT_SECURE)";
  if (!settings.propagates) text += "; what it starts has no shim";
  if (!settings.audit.empty()) text += "; recorded by an audit";
  return fmt::format("  {}\n", printable(text));
}

}  // namespace

std::string as_text(const Listing& listing, unsigned width, bool with_colours) {
  if (listing.processes.empty() && listing.is_of_pids) return {};
  std::string text = summary_of(listing);
  const Columns columns(listing);
  for (const Listed& process : listing.processes) {
    if (process.fds.empty() && listing.is_of_all) continue;
    text.append("\n").append(heading(process, with_colours)).append(owner_of(process));
    if (!process.shims.empty()) text += settings_text(process);
    if (process.fds.empty()) {
      text += "  nothing inheritable\n";
      continue;
    }
    text += columns.row("FD", "OBJECT", "TARGET", 0);
    for (const Inheritable& one : process.fds)
      text += columns.row(one.fd, printable(one.object), printable(one.target), width);
  }
  return text;
}

}  // namespace cloexec::cli
