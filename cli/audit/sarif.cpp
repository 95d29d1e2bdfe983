// SPDX-License-Identifier: Apache-2.0
//
// The leaks of an audit as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the code.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/audit/baseline.h"
#include "cli/audit/report.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* rule_id = "descriptor-leak";

struct Leak {
  const Exec* exec = nullptr;  // the first
  const Crossing* crossing = nullptr;
  std::size_t count = 0;
};

/// RFC 3986: all but the unreserved characters and '/' are escaped. It makes any bytes ASCII.
std::string uri_of(std::string_view path) {
  std::string uri = "file://";
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_plain || std::string_view("/-._~").find(c) != std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Json physical(std::string_view path) { return {{"artifactLocation", {{"uri", uri_of(path)}}}}; }

/// FNV-1a. Hosts compare fingerprints with those of earlier runs: it must never change.
std::string fingerprint(const Identity& identity) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const std::string* part :
       {&identity.program, &identity.creator, &identity.module, &identity.call, &identity.target}) {
    for (const char c : *part + '\0') hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return fmt::format("{:016x}", hash);
}

std::string function_name(const Creation& created) { return fmt::format("{}!{}", created.module, created.call); }

std::string message_of(const Leak& leak) {
  const Crossing& crossing = *leak.crossing;
  const Creation& created = crossing.created;
  std::string text = fmt::format("{} inherits descriptor {}, {}{}{}", leak.exec->program, crossing.fd, crossing.object,
                                 crossing.object.empty() ? "" : " ", crossing.target);
  if (created.call.empty()) return text + ". Who made it is not known.";
  text += fmt::format(", that {} made by {}", created.program.empty() ? "a program" : created.program, created.call);
  if (!created.module.empty() && created.module != base_name(created.program)) text += " in " + created.module;
  return text + " without close-on-exec.";
}

Json locations_of(const Leak& leak) {
  const Creation& created = leak.crossing->created;
  const std::string& path = created.program.empty() ? leak.exec->program : created.program;
  Json location = Json::object();
  if (path.starts_with('/')) location["physicalLocation"] = physical(path);
  if (!created.call.empty())
    location["logicalLocations"] = {
        {{"name", created.call}, {"fullyQualifiedName", function_name(created)}, {"kind", "function"}}};
  return Json::array({std::move(location)});
}

Json related_to(const Leak& leak) {
  Json related = Json::array();
  const auto add = [&](std::string_view path, const char* what) {
    if (!path.starts_with('/')) return;
    related.push_back(
        {{"id", related.size() + 1}, {"physicalLocation", physical(path)}, {"message", {{"text", what}}}});
  };
  add(leak.exec->program, "the program that inherits it");
  const std::string& object = leak.crossing->object;
  if (object != "memfd" && object != "socket" && object != "pipe") add(leak.crossing->target, "what is leaked");
  return related;
}

Json result_of(const Identity& identity, const Leak& leak) {
  const Crossing& crossing = *leak.crossing;
  const Creation& created = crossing.created;
  Json result = {{"ruleId", rule_id},
                 {"ruleIndex", 0},
                 {"level", "warning"},
                 {"message", {{"text", message_of(leak)}}},
                 {"locations", locations_of(leak)},
                 {"relatedLocations", related_to(leak)},
                 {"occurrenceCount", leak.count},
                 {"partialFingerprints", {{"cloexecLeak/v1", fingerprint(identity)}}}};
  if (is_accepted(crossing))
    result["suppressions"] = {{{"kind", "external"}, {"status", "accepted"}, {"justification", crossing.rule}}};
  result["properties"] = {{"fd", crossing.fd},
                          {"object", crossing.object},
                          {"target", crossing.target},
                          {"offset", fmt::format("{:#x}", created.offset)},
                          {"when", created.when}};
  return result;
}

const Json& rule() {
  static const Json rule = {
      {"id", rule_id},
      {"name", "DescriptorLeak"},
      {"shortDescription", {{"text", "A descriptor without close-on-exec crossed an exec"}}},
      {"fullDescription",
       {{"text",
         "A program made a file descriptor without close-on-exec and started another program, which has inherited it "
         "(CWE-403). The other program can read, write or hold open what it was never given: secrets, listening "
         "sockets, locks, the ends of pipes whose reader waits for their end."}}},
      {"help",
       {{"text",
         "Ask for close-on-exec where the descriptor is made: O_CLOEXEC in open, SOCK_CLOEXEC in socket and accept4, "
         "pipe2, dup3 and F_DUPFD_CLOEXEC, the letter e in the mode of fopen. Where the source cannot be changed, run "
         "the program by `cloexec run`. When the other program is meant to have it, say so: by FD_CLOEXEC cleared "
         "between fork and exec, by a rule (`cloexec policy suggest`), or by a baseline (`cloexec audit --baseline`)."},
        {"markdown",
         "Ask for close-on-exec where the descriptor is made: `O_CLOEXEC` in `open`, `SOCK_CLOEXEC` in `socket` and "
         "`accept4`, `pipe2`, `dup3` and `F_DUPFD_CLOEXEC`, the letter `e` in the mode of `fopen`.\n\n"
         "Where the source cannot be changed, run the program by `cloexec run`.\n\n"
         "When the other program is meant to have it, say so: by `FD_CLOEXEC` cleared between fork and exec, by a rule "
         "(`cloexec policy suggest`), or by a baseline (`cloexec audit --baseline`)."}}},
      {"helpUri", "https://cwe.mitre.org/data/definitions/403.html"},
      {"defaultConfiguration", {{"level", "warning"}}},
      {"relationships",
       {{{"target", {{"id", "403"}, {"index", 0}, {"toolComponent", {{"name", "CWE"}, {"index", 0}}}}},
         {"kinds", {"superset"}}}}},
      {"properties", {{"tags", {"security", "external/cwe/cwe-403"}}, {"precision", "high"}}}};
  return rule;
}

Json weaknesses() {
  return {{"name", "CWE"},
          {"organization", "MITRE"},
          {"informationUri", "https://cwe.mitre.org/"},
          {"shortDescription", {{"text", "The MITRE Common Weakness Enumeration"}}},
          {"taxa",
           {{{"id", "403"},
             {"shortDescription",
              {{"text", "Exposure of File Descriptor to Unintended Control Sphere ('File Descriptor Leak')"}}}}}}};
}

/// `arguments` and how complete the record is.
Json invocation_of(const Report& report) {
  Json invocation = {{"executionSuccessful", true}, {"arguments", report.command}};
  if (report.lost > 0)
    invocation["toolExecutionNotifications"] = {
        {{"level", "warning"},
         {"message", {{"text", fmt::format("{} records were lost: there may be more leaks", report.lost)}}}}};
  return invocation;
}

}  // namespace

std::string as_sarif(const Report& report) {
  // By what it is, and whether it is accepted.
  std::map<Identity, Leak> leaks;
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds) {
      if (crossing.what != Class::leak && !is_accepted(crossing)) continue;
      Leak& leak = leaks[identity_of(exec, crossing)];
      if (leak.count++ == 0) leak = {&exec, &crossing, 1};
    }
  Json results = Json::array();
  for (const auto& [identity, leak] : leaks) results.push_back(result_of(identity, leak));
  const Json driver = {{"name", "cloexec"},
                       {"version", CLOEXEC_VERSION},
                       {"rules", Json::array({rule()})},
                       {"supportedTaxonomies", {{{"name", "CWE"}, {"index", 0}}}}};
  const Json run = {{"tool", {{"driver", driver}}},
                    {"taxonomies", Json::array({weaknesses()})},
                    {"invocations", Json::array({invocation_of(report)})},
                    {"columnKind", "unicodeCodePoints"},
                    {"results", std::move(results)}};
  const Json log = {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
  return log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cloexec::cli
