// SPDX-License-Identifier: Apache-2.0

#include <fmt/color.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/describe/users.h"
#include "cli/message.h"
#include "cli/ps/report.h"
#include "cli/text/characters.h"

namespace cloexec::cli {
namespace {

/// A line of the table, but for the program.
struct Row {
  int parent;
  std::string name;
  std::string user;
  std::string unit;
  std::string shim;
  std::string count;
  bool has_some;
};

std::string shim_in(const Listed& process) {
  if (process.shims.empty()) return process.is_secure ? "none (AT_SECURE)" : "none";
  const std::string mode = !process.settings                   ? "in"
                           : process.settings->is_switched_off ? "switched off"
                                                               : process.settings->mode;
  return std::any_of(process.shims.begin(), process.shims.end(), is_replaced) ? mode + " (replaced)" : mode;
}

std::map<int, Row> rows_of(const Listing& listing) {
  std::map<int, Row> rows;
  const auto add = [&](const Who& one, std::string shim, std::string count, bool has_some) {
    const std::string& unit = one.units.user.empty() ? one.units.system : one.units.user;
    rows[one.pid] = {one.parent,
                     printable(one.is_known() ? one.comm : "?"),
                     printable(one.is_known() ? name_of_user(one.user) : "?"),
                     printable(unit.empty() ? "-" : unit),
                     std::move(shim),
                     std::move(count),
                     has_some};
  };
  for (const Listed& one : listing.processes) add(one, shim_in(one), std::to_string(one.fds.size()), !one.fds.empty());
  for (const Who& one : listing.unreadable) add(one, "?", "?", false);
  return rows;
}

struct Place {
  int pid;
  unsigned depth;
};

/// Each process behind its parent; those whose parent is not there begin.
std::vector<Place> order_of(const std::map<int, Row>& rows) {
  std::multimap<int, int> children;
  std::vector<Place> left;
  for (const auto& [pid, row] : rows) {
    if (rows.contains(row.parent) && row.parent != pid)
      children.emplace(row.parent, pid);
    else
      left.push_back({pid, 0});
  }
  std::reverse(left.begin(), left.end());
  std::vector<Place> order;
  std::set<int> seen;
  // Of numbers that were used anew meanwhile, each may be the other's parent: then they come last.
  for (auto next = rows.begin(); !left.empty() || next != rows.end();) {
    if (left.empty()) {
      if (!seen.contains(next->first)) left.push_back({next->first, 0});
      ++next;
      continue;
    }
    const Place place = left.back();
    left.pop_back();
    if (!seen.insert(place.pid).second) continue;
    order.push_back(place);
    const auto [begin, end] = children.equal_range(place.pid);
    for (auto child = end; child != begin;) left.push_back({(--child)->second, place.depth + 1});
  }
  return order;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min<std::size_t>(width, columns_of(text)), ' ');
}

/// What leads to a process from its parent, as `ps f` draws it.
std::string branch_at(unsigned depth) {
  if (depth == 0) return {};
  return std::string(std::size_t{4} * (depth - 1), ' ') + " \\_ ";
}

}  // namespace

std::string as_tree(const Listing& listing, bool with_colours) {
  if (listing.processes.empty() && listing.is_of_pids) return {};
  const std::map<int, Row> rows = rows_of(listing);
  std::size_t user = 4;
  std::size_t unit = 4;
  std::size_t shim = 4;
  for (const auto& [pid, row] : rows) {
    user = std::max<std::size_t>(user, columns_of(row.user));
    unit = std::max<std::size_t>(unit, columns_of(row.unit));
    shim = std::max<std::size_t>(shim, row.shim.size());
  }
  std::string text = summary_of(listing);
  text += fmt::format("\n{:>7}  {}  {}  {}  {:>4}  {}\n", "PID", padded("USER", user), padded("UNIT", unit),
                      padded("SHIM", shim), "FDS", "PROGRAM");
  for (const auto [pid, depth] : order_of(rows)) {
    const Row& row = rows.at(pid);
    const std::string count = fmt::format("{:>4}", row.count);
    text += fmt::format("{:>7}  {}  {}  {}  {}  {}{}\n", pid, padded(row.user, user), padded(row.unit, unit),
                        padded(row.shim, shim),
                        with_colours && row.has_some ? fmt::format(fmt::emphasis::bold, "{}", count) : count,
                        branch_at(depth), row.name);
  }
  return text;
}

}  // namespace cloexec::cli
