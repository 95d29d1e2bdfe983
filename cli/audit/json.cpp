// SPDX-License-Identifier: Apache-2.0
//
// The audit as JSON, version 1, and back.

#include "cli/text/json.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/audit/report.h"
#include "cli/audit/time_text.h"

namespace cloexec::cli {
namespace {

Json json_of(const Frame& frame) {
  return {{"module", frame.module},     {"path", frame.path}, {"build_id", frame.build_id}, {"offset", frame.offset},
          {"function", frame.function}, {"file", frame.file}, {"line", frame.line}};
}

Json json_of(const Creation& created) {
  Json stack = Json::array();
  for (const Frame& frame : created.stack) stack.push_back(json_of(frame));
  return {{"call", created.call},     {"program", created.program}, {"module", created.module},
          {"offset", created.offset}, {"pid", created.pid},         {"tid", created.tid},
          {"thread", created.thread}, {"when", created.when},       {"stack", std::move(stack)}};
}

Json json_of(const Crossing& crossing) {
  Json json = {{"fd", crossing.fd},
               {"object", crossing.object},
               {"target", crossing.target},
               {"class", name_of(crossing.what)},
               {"rule", crossing.rule}};
  if (!crossing.announced_by.empty()) json["announced_by"] = crossing.announced_by;
  if (!crossing.missed_by.empty()) json["missed_by"] = crossing.missed_by;
  if (!crossing.remedy.empty()) json["remedy"] = crossing.remedy;
  json["created"] = json_of(crossing.created);
  if (crossing.cleared) json["cleared"] = json_of(*crossing.cleared);
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
  if (exec.is_watched) json["watched"] = true;
  for (const auto& [name, value] :
       {std::pair{"unit", &exec.unit}, {"user", &exec.user}, {"container", &exec.container}})
    if (!value->empty()) json[name] = *value;
  if (!exec.obstacle.empty()) json["obstacle"] = exec.obstacle;
  if (!exec.call.empty()) json["call"] = exec.call;
  if (!exec.argv.empty()) json["argv"] = exec.argv;
  if (exec.time > 0) json["time"] = time_text(exec.time);
  json["fds"] = std::move(fds);
  return json;
}

Class class_named(const std::string& name) {
  for (const Class what : classes)
    if (name_of(what) == name) return what;
  throw std::runtime_error(fmt::format("unknown class '{}'", name));
}

Frame frame_from(const Json& json) {
  return {json.at("module"),   json.at("path"), json.at("build_id"), json.at("offset"),
          json.at("function"), json.at("file"), json.at("line")};
}

Creation creation_from(const Json& json) {
  Creation created{json.at("call"), json.at("program"), json.at("module"), json.value("offset", std::uint64_t{0}),
                   json.at("pid"),  json.at("tid"),     json.at("when"),   json.value("thread", std::string())};
  std::vector<Frame> frames;
  for (const Json& frame : json.value("stack", Json::array())) frames.push_back(frame_from(frame));
  created.stack = std::move(frames);
  return created;
}

Crossing crossing_from(const Json& json) {
  Crossing crossing{json.at("fd"),
                    json.at("object"),
                    json.at("target"),
                    class_named(json.at("class")),
                    json.at("rule"),
                    creation_from(json.at("created")),
                    json.value("announced_by", std::string())};
  crossing.missed_by = json.value("missed_by", std::string());
  crossing.remedy = json.value("remedy", std::string());
  if (json.contains("cleared")) crossing.cleared = creation_from(json.at("cleared"));
  return crossing;
}

Exec exec_from(const Json& json) {
  Exec exec{json.at("pid"),
            json.at("ppid"),
            json.at("program"),
            json.at("argv0"),
            json.value("shim", true),
            {},
            json.value("call", std::string()),
            json.value("obstacle", std::string())};
  exec.argv = json.value("argv", std::vector<std::string>());
  exec.time = time_from(json.value("time", std::string()));
  exec.is_watched = json.value("watched", false);
  exec.unit = json.value("unit", std::string());
  exec.user = json.value("user", std::string());
  exec.container = json.value("container", std::string());
  for (const Json& crossing : json.at("fds")) exec.fds.push_back(crossing_from(crossing));
  return exec;
}

Json json_of(const BaselineUse& baseline) {
  Json entries = Json::array();
  for (const Acceptance& one : baseline.entries)
    entries.push_back({{"entry", one.entry}, {"reason", one.reason}, {"times", one.times}});
  return {{"file", baseline.path}, {"entries", std::move(entries)}};
}

BaselineUse baseline_from(const Json& json) {
  BaselineUse baseline{json.at("file"), {}};
  for (const Json& one : json.at("entries"))
    baseline.entries.push_back({one.at("entry"), one.at("reason"), one.at("times")});
  return baseline;
}

/// One after the other, as they stand in the whole: built at once they take many times the room of their text.
std::string text_of(const std::vector<Exec>& execs) {
  std::string text;
  for (const Exec& exec : execs) {
    std::string one = written(json_of(exec));
    one.pop_back();
    text += text.empty() ? "[\n    " : ",\n    ";
    for (const char c : one) {
      text += c;
      if (c == '\n') text += "    ";
    }
  }
  return text.empty() ? "[]" : text.append("\n  ]");
}

}  // namespace

std::string as_json(const Report& report) {
  const Summary summary = summary_of(report);
  Json json = {{"version", 1}, {"command", report.command}, {"mode", report.mode}};
  if (!report.source_root.empty()) json["source_root"] = report.source_root;
  json["execs"] = nullptr;
  json["lost"] = report.lost;
  json["lost_stacks"] = report.lost_stacks;
  if (report.baseline) json["baseline"] = json_of(*report.baseline);
  json["summary"] = {{"execs", summary.execs},       {"crossed", summary.crossed},   {"leaks", summary.leaks},
                     {"distinct", summary.distinct}, {"withheld", summary.withheld}, {"needed", summary.needed},
                     {"unseen", summary.unseen},     {"watched", summary.watched}};
  if (!report.unwatched.empty()) json["unwatched"] = report.unwatched;
  std::string text = written(std::move(json));
  // No string has a newline in it.
  constexpr std::string_view execs = "\n  \"execs\": ";
  return text.replace(text.find(execs) + execs.size(), std::string_view("null").size(), text_of(report.execs));
}

Report report_from_json(const std::string& text) {
  try {
    const Json json = parsed_json(text);
    if (json.at("version") != 1) throw std::runtime_error("it is of another version than 1");
    Report report{json.at("command"), json.at("mode"), {}, json.at("lost")};
    report.lost_stacks = json.value("lost_stacks", std::uint64_t{0});
    report.source_root = json.value("source_root", std::string());
    report.unwatched = json.value("unwatched", std::string());
    if (json.contains("baseline")) report.baseline = baseline_from(json["baseline"]);
    for (const Json& exec : json.at("execs")) report.execs.push_back(exec_from(exec));
    return report;
  } catch (const Json::exception& error) {
    throw std::runtime_error(
        fmt::format("this is no audit that `cloexec audit --format json` has written: {}", error.what()));
  }
}

}  // namespace cloexec::cli
