// SPDX-License-Identifier: Apache-2.0
//
// The audit as JSON, version 1, and back.

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/audit/report.h"

namespace cloexec::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Creation& created) {
  return {{"call", created.call}, {"program", created.program}, {"module", created.module}, {"offset", created.offset},
          {"pid", created.pid},   {"tid", created.tid},         {"when", created.when}};
}

Json json_of(const Crossing& crossing) {
  Json json = {{"fd", crossing.fd},
               {"object", crossing.object},
               {"target", crossing.target},
               {"class", name_of(crossing.what)},
               {"rule", crossing.rule}};
  if (!crossing.announced_by.empty()) json["announced_by"] = crossing.announced_by;
  json["created"] = json_of(crossing.created);
  return json;
}

Json json_of(const Exec& exec) {
  Json fds = Json::array();
  for (const Crossing& crossing : exec.fds) fds.push_back(json_of(crossing));
  Json json = {{"pid", exec.pid},
               {"ppid", exec.ppid},
               {"program", exec.program},
               {"argv0", exec.argv0},
               {"shim", exec.has_shim}};
  if (!exec.call.empty()) json["call"] = exec.call;
  json["fds"] = std::move(fds);
  return json;
}

Class class_named(const std::string& name) {
  for (const Class what : {Class::leak, Class::exempt, Class::by_program, Class::foreign})
    if (name_of(what) == name) return what;
  throw std::runtime_error(fmt::format("unknown class '{}'", name));
}

Creation creation_from(const Json& json) {
  return {json.at("call"), json.at("program"), json.at("module"), json.value("offset", std::uint64_t{0}),
          json.at("pid"),  json.at("tid"),     json.at("when")};
}

Crossing crossing_from(const Json& json) {
  return {json.at("fd"),
          json.at("object"),
          json.at("target"),
          class_named(json.at("class")),
          json.at("rule"),
          creation_from(json.at("created")),
          json.value("announced_by", std::string())};
}

Exec exec_from(const Json& json) {
  Exec exec{json.at("pid"),
            json.at("ppid"),
            json.at("program"),
            json.at("argv0"),
            json.value("shim", true),
            {},
            json.value("call", std::string())};
  for (const Json& crossing : json.at("fds")) exec.fds.push_back(crossing_from(crossing));
  return exec;
}

}  // namespace

std::string as_json(const Report& report) {
  Json execs = Json::array();
  for (const Exec& exec : report.execs) execs.push_back(json_of(exec));
  const Summary summary = summary_of(report);
  const Json json = {{"version", 1},
                     {"command", report.command},
                     {"mode", report.mode},
                     {"execs", std::move(execs)},
                     {"lost", report.lost},
                     {"summary", {{"execs", summary.execs}, {"crossed", summary.crossed}, {"leaks", summary.leaks}}}};
  // Names of files need not be UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Report report_from_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("version") != 1) throw std::runtime_error("it is of another version than 1");
    Report report{json.at("command"), json.at("mode"), {}, json.at("lost")};
    for (const Json& exec : json.at("execs")) report.execs.push_back(exec_from(exec));
    return report;
  } catch (const Json::exception& error) {
    throw std::runtime_error(
        fmt::format("this is no audit that `cloexec audit --format json` has written: {}", error.what()));
  }
}

}  // namespace cloexec::cli
