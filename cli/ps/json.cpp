// SPDX-License-Identifier: Apache-2.0

#include "cli/text/json.h"

#include <algorithm>

#include "cli/describe/users.h"
#include "cli/ps/report.h"

namespace cloexec::cli {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json who_json(const Who& process) {
  if (!process.is_known()) return {{"pid", process.pid}};
  Json json = {{"pid", process.pid},
               {"ppid", process.parent},
               {"comm", process.comm},
               {"exe", process.exe},
               {"uid", process.user},
               {"user", name_of_user(process.user)},
               {"unit", text_or_null(process.units.system)}};
  if (!process.units.user.empty()) json["user_unit"] = process.units.user;
  return json;
}

Json state_of(const ShimSettings& settings) {
  if (settings.file.empty()) return {};
  switch (settings.file_state) {
    case ShimSettings::FileState::changed:
      return "changed";
    case ShimSettings::FileState::missing:
      return "missing";
    case ShimSettings::FileState::read:
      break;
  }
  return "read";
}

std::string_view source_of(const ShimSettings& settings) {
  switch (settings.source) {
    case ShimSettings::Source::defaults:
      return "ignored";
    case ShimSettings::Source::memory:
      return "overwritten";
    case ShimSettings::Source::environment:
      break;
  }
  return "read";
}

Json settings_of(const std::optional<ShimSettings>& settings) {
  if (!settings) return {};
  return {{"environment", source_of(*settings)},       {"mode", settings->mode},
          {"switched_off", settings->is_switched_off}, {"allow", text_or_null(settings->allowed)},
          {"policy", text_or_null(settings->rules)},   {"policy_file", text_or_null(settings->file)},
          {"policy_file_state", state_of(*settings)},  {"profile", settings->profile},
          {"propagate", settings->propagates},         {"audit", text_or_null(settings->audit)}};
}

Json json_of(const Listed& process) {
  Json json = who_json(process);
  const auto& shims = process.shims;
  json["shim"] = !shims.empty();
  json["shim_files"] = shims;
  if (!shims.empty()) {
    json["shim_replaced"] = std::any_of(shims.begin(), shims.end(), is_replaced);
    json["settings"] = settings_of(process.settings);
  }
  if (process.is_secure) json["secure"] = true;
  if (process.starts_secure) json["starts_secure"] = true;
  Json fds = Json::array();
  for (const Inheritable& one : process.fds)
    fds.push_back({{"fd", one.fd}, {"object", one.object}, {"target", one.target}});
  json["fds"] = std::move(fds);
  return json;
}

}  // namespace

std::string as_json(const Listing& listing) {
  Json processes = Json::array();
  for (const Listed& process : listing.processes) processes.push_back(json_of(process));
  Json unreadable = Json::array();
  for (const Who& process : listing.unreadable) unreadable.push_back(who_json(process));
  return written({{"version", 1},
                  {"processes", std::move(processes)},
                  {"unreadable", std::move(unreadable)},
                  {"hidden", listing.is_part}});
}

}  // namespace cloexec::cli
