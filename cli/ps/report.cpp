// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/report.h"

#include <fmt/color.h>

#include <algorithm>

#include "cli/message.h"
#include "cli/terminal.h"
#include "cli/text/json.h"

namespace cloexec::cli {
namespace {

std::string summary_of(const Listing& listing) {
  const auto& processes = listing.processes;
  const auto has_some = [](const Listed& process) { return !process.fds.empty(); };
  const auto has_shim = [](const Listed& process) { return !process.shims.empty(); };
  const auto has_copies = [](const Listed& process) { return process.shims.size() > 1; };
  std::size_t fds = 0;
  for (const Listed& process : processes) fds += process.fds.size();
  std::string text = fmt::format(
      "{} in {} of {}; the shim is in {}\n", counted(fds, "inheritable descriptor", "inheritable descriptors"),
      std::count_if(processes.begin(), processes.end(), has_some), counted(processes.size(), "process", "processes"),
      std::count_if(processes.begin(), processes.end(), has_shim));
  if (const auto copies = std::count_if(processes.begin(), processes.end(), has_copies); copies > 0)
    text += fmt::format("more than one copy of it is in {}; the one that was loaded first is at work\n", copies);
  if (listing.forbidden > 0) text += fmt::format("{} more may not be read by this user\n", listing.forbidden);
  return text;
}

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
    std::string text = fmt::format("  {:>{}}  {:<{}}  ", number, fd, kind, object);
    const std::size_t indent = text.size();
    bool is_first = true;
    for (const std::string& line : folded(target, width > indent ? width - indent : 0)) {
      text += fmt::format("{}{}\n", std::string(is_first ? 0 : indent, ' '), line);
      is_first = false;
    }
    return text;
  }
};

std::string heading(const Listed& process, bool with_colours) {
  const std::string name = printable(fmt::format("{}[{}]", process.comm, process.pid));
  std::string shim = process.shims.empty() ? "without the shim" : "with the shim";
  if (process.shims.size() > 1)
    shim += fmt::format(" in {} copies: {}", process.shims.size(),
                        printable(fmt::format("{}", fmt::join(process.shims, ", "))));
  // Where it is in, /etc/ld.so.preload has brought it.
  if (process.is_secure && process.shims.empty())
    shim += ": it was started where LD_PRELOAD does not count (AT_SECURE)";
  if (process.starts_secure)
    shim += "; its effective user or group is not its real one: for what it starts now LD_PRELOAD does not count";
  return fmt::format("{} {}, {}\n", with_colours ? fmt::format(fmt::emphasis::bold, "{}", name) : name,
                     printable(process.exe), shim);
}

}  // namespace

std::string as_text(const Listing& listing, unsigned width, bool with_colours) {
  if (listing.processes.empty()) return {};
  std::string text = summary_of(listing);
  const Columns columns(listing);
  for (const Listed& process : listing.processes) {
    if (process.fds.empty() && listing.is_of_all) continue;
    text.append("\n").append(heading(process, with_colours));
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

std::string as_json(const Listing& listing) {
  Json processes = Json::array();
  for (const Listed& process : listing.processes) {
    Json fds = Json::array();
    for (const Inheritable& one : process.fds)
      fds.push_back({{"fd", one.fd}, {"object", one.object}, {"target", one.target}});
    Json one = {{"pid", process.pid},
                {"comm", process.comm},
                {"exe", process.exe},
                {"shim", !process.shims.empty()},
                {"shim_files", process.shims}};
    if (process.is_secure) one["secure"] = true;
    if (process.starts_secure) one["starts_secure"] = true;
    one["fds"] = std::move(fds);
    processes.push_back(std::move(one));
  }
  return written({{"version", 1}, {"processes", std::move(processes)}});
}

}  // namespace cloexec::cli
