// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "catalogue/call.h"
#include "cli/text/file.h"
#include "cli/text/json.h"
#include "policy/glob.h"
#include "policy/likeness.h"

namespace cloexec::cli {
namespace {

constexpr std::string_view accepted_by = "accepted: ";

constexpr std::array<std::pair<std::string_view, Pattern FramePattern::*>, 3> frame_fields = {
    {{"function", &FramePattern::function}, {"module", &FramePattern::module}, {"file", &FramePattern::file}}};

[[noreturn]] void complain(const std::string& place, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", place, what));
}

std::string place_in(const std::string& text, std::size_t byte) {
  const std::string_view before = std::string_view(text).substr(0, byte > 0 ? byte - 1 : 0);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  return fmt::format("{}:{}", line, before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1);
}

Json parsed(const std::string& path, const std::string& text) {
  try {
    return parsed_json(text);
  } catch (const Json::parse_error& error) {
    complain(fmt::format("{}:{}", path, place_in(text, error.byte)), "this is no JSON");
  }
}

/// Refuses what it would ignore: a mistyped name would make an entry accept more.
void check_names(const Json& json, const std::string& place, const std::vector<std::string_view>& known) {
  if (!json.is_object()) complain(place, "this is no object");
  for (const auto& [name, value] : json.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    Likest likest(name);
    for (const std::string_view one : known) likest.consider(one);
    complain(place, fmt::format("'{}' is unknown{}", name,
                                likest.get().empty() ? "" : fmt::format(", did you mean '{}'?", likest.get())));
  }
}

std::string text_at(const Json& json, std::string_view name, const std::string& place) {
  const Json& value = json.at(std::string(name));
  if (!value.is_string()) complain(fmt::format("{}.{}", place, name), "this is no string");
  return value;
}

Pattern pattern_at(const Json& json, std::string_view name, const std::string& place) {
  return json.contains(std::string(name)) ? Pattern(text_at(json, name, place)) : Pattern();
}

FramePattern frame_from(const Json& json, const std::string& place) {
  std::vector<std::string_view> names;
  for (const auto& [name, field] : frame_fields) names.push_back(name);
  check_names(json, place, names);
  if (json.empty()) complain(place, "'function', 'module' or 'file' is expected");
  FramePattern frame;
  for (const auto& [name, field] : frame_fields) frame.*field = pattern_at(json, name, place);
  return frame;
}

BaselineEntry entry_from(const Json& json, const std::string& place) {
  std::vector<std::string_view> names = {"frames", "count", "reason"};
  for (const auto& [name, field] : identity_fields) names.push_back(name);
  check_names(json, place, names);
  BaselineEntry entry;
  bool says_something = json.contains("frames");
  for (std::size_t i = 0; i < identity_fields.size(); ++i) {
    entry.fields[i] = pattern_at(json, identity_fields[i].first, place);
    says_something = says_something || entry.fields[i];
  }
  if (!says_something) complain(place, "it would accept every leak: 'function', 'frames' or the like is expected");
  if (json.contains("frames")) {
    const Json& frames = json["frames"];
    if (!frames.is_array() || frames.empty()) complain(place + ".frames", "this is no list of calls");
    for (const Json& frame : frames)
      entry.frames.push_back(frame_from(frame, fmt::format("{}.frames[{}]", place, entry.frames.size())));
  }
  if (json.contains("count")) {
    if (!json["count"].is_number_unsigned() || json["count"] == 0)
      complain(place + ".count", "this is no number from 1");
    entry.count = json["count"].get<std::size_t>();
  }
  if (json.contains("reason")) entry.reason = text_at(json, "reason", place);
  return entry;
}

Json json_of(const BaselineEntry& entry) {
  Json json = Json::object();
  for (std::size_t i = 0; i < identity_fields.size(); ++i)
    if (entry.fields[i]) json[std::string(identity_fields[i].first)] = *entry.fields[i];
  for (const FramePattern& frame : entry.frames) {
    Json one = Json::object();
    for (const auto& [name, field] : frame_fields)
      if (frame.*field) one[std::string(name)] = *(frame.*field);
    json["frames"].push_back(std::move(one));
  }
  if (entry.count) json["count"] = *entry.count;
  json["reason"] = entry.reason;
  return json;
}

BaselineEntry entry_of(const Identity& identity) {
  BaselineEntry entry;
  for (std::size_t i = 0; i < identity_fields.size(); ++i) entry.fields[i] = identity.*identity_fields[i].second;
  return entry;
}

/// "module=libssl.so* function=SSL_*".
std::string line_of(const BaselineEntry& entry) {
  std::string line;
  const auto add = [&](std::string_view name, const Pattern& pattern) {
    if (pattern) line += fmt::format("{}{}={}", line.empty() ? "" : " ", name, *pattern);
  };
  for (std::size_t i = 0; i < identity_fields.size(); ++i) add(identity_fields[i].first, entry.fields[i]);
  for (const FramePattern& frame : entry.frames)
    for (const auto& [name, field] : frame_fields) add(fmt::format("frame.{}", name), frame.*field);
  return line;
}

/// What an audit writes for itself has stars only where it means them, but brackets where the kernel has them.
bool matches(const Pattern& pattern, std::string_view text) {
  return !pattern || *pattern == text || matches_glob(*pattern, text);
}

/// `general` is what an audit writes of it, `exact` what people may.
bool accepts(const BaselineEntry& entry, const Identity& general, const Identity& exact, const Frames& stack) {
  for (std::size_t i = 0; i < identity_fields.size(); ++i) {
    const auto field = identity_fields[i].second;
    if (!matches(entry.fields[i], general.*field) && !matches(entry.fields[i], exact.*field)) return false;
  }
  const Frame* frame = stack.begin();
  for (const FramePattern& wanted : entry.frames) {
    frame = std::find_if(frame, stack.end(), [&](const Frame& one) {
      return matches(wanted.function, one.function) && matches(wanted.module, one.module) &&
             matches(wanted.file, one.file);
    });
    if (frame == stack.end()) return false;
    ++frame;
  }
  return true;
}

Crossing accepted(Crossing crossing, const std::string& path, const std::string& reason) {
  crossing.what = Class::exempt;
  crossing.rule = fmt::format("{}{}{}{}", accepted_by, path, reason.empty() ? "" : ": ", reason);
  return crossing;
}

}  // namespace

Baseline Baseline::read(const std::string& path) {
  const Json json = parsed(path, read_file(path));
  if (!json.is_object() || !json.contains("version") || !json.contains("accepted"))
    complain(path, "this is no baseline: 'version' and 'accepted' are expected");
  check_names(json, path, {"version", "accepted"});
  if (json["version"] != 1) complain(path, "version: it is of another version than 1");
  if (!json["accepted"].is_array()) complain(path, "accepted: this is no list");
  Baseline baseline;
  baseline.path_ = path;
  for (const Json& one : json["accepted"])
    baseline.entries_.push_back(entry_from(one, fmt::format("{}: accepted[{}]", path, baseline.entries_.size())));
  return baseline;
}

void Baseline::apply(Report& report) const {
  if (path_.empty()) return;
  BaselineUse use{path_, {}};
  for (const BaselineEntry& entry : entries_) use.entries.push_back({line_of(entry), entry.reason, 0});
  for (Exec& exec : report.execs) {
    std::map<std::size_t, std::size_t> here;  // how many of each entry
    for (std::size_t place = 0; place < exec.fds.size(); ++place) {
      if (exec.fds[place].what != Class::leak) continue;
      const auto entry = find(exec, exec.fds[place], here);
      if (!entry) continue;
      ++here[*entry];
      ++use.entries[*entry].times;
      exec.fds.replace(place, accepted(exec.fds[place], path_, entries_[*entry].reason));
    }
  }
  report.baseline = std::move(use);
}

/// The entry that accepts it; `used`: how many each has accepted at this exec.
std::optional<std::size_t> Baseline::find(const Exec& exec, const Crossing& crossing,
                                          const std::map<std::size_t, std::size_t>& used) const {
  const Identity general = identity_of(exec, crossing);
  const Identity exact = exact_identity_of(exec, crossing);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto times = used.find(i);
    const bool is_used_up = entries_[i].count && times != used.end() && times->second >= *entries_[i].count;
    if (!is_used_up && accepts(entries_[i], general, exact, crossing.created.stack)) return i;
  }
  return {};
}

std::string Baseline::renewed(const Report& report) const {
  std::vector<Json> entries;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (report.baseline->entries[i].times > 0) entries.push_back(json_of(entries_[i]));
  std::set<Identity> leaks;
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds)
      if (crossing.what == Class::leak) leaks.insert(identity_of(exec, crossing));
  for (const Identity& leak : leaks) entries.push_back(json_of(entry_of(leak)));
  std::sort(entries.begin(), entries.end());
  return written({{"version", 1}, {"accepted", entries}});
}

bool is_accepted(const Crossing& crossing) {
  return crossing.what == Class::exempt && crossing.rule.starts_with(accepted_by);
}

}  // namespace cloexec::cli
