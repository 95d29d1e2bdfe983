// SPDX-License-Identifier: Apache-2.0
//
// The leaks of an audit as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the code. What GitHub asks of
// it: "SARIF support for code scanning" in its documentation.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "cli/audit/baseline.h"
#include "cli/audit/frame_text.h"
#include "cli/audit/identity.h"
#include "cli/audit/line_hash.h"
#include "cli/audit/report.h"
#include "cli/audit/rows.h"
#include "cli/audit/verdict.h"
#include "cli/message.h"
#include "cli/text/characters.h"
#include "cli/text/file.h"
#include "cli/text/json.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

constexpr const char* rule_id = "descriptor-leak";
/// GitHub refuses a run with more.
constexpr std::size_t most_results = 25'000;

struct Leak {
  const Exec* exec = nullptr;  // the first
  const Crossing* crossing = nullptr;
  std::size_t count = 0;
};

/// The sources that the debug information names, as far as they are here.
class Sources {
 public:
  explicit Sources(std::string root) : root_(std::move(root)) {}

  /// Empty when it cannot be read.
  const std::string& text(const std::string& path) {
    const auto [place, is_new] = texts_.try_emplace(path);
    if (is_new) place->second = read_source(path.starts_with('/') ? path : root_ + "/" + path);
    return place->second;
  }

 private:
  std::string root_;
  std::unordered_map<std::string, std::string> texts_;
};

/// RFC 3986: all but the unreserved characters and '/' are escaped. It makes any bytes ASCII.
std::string uri_of(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_plain || std::string_view("/-._~").find(c) != std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

/// Relative ones are as CodeQL has them: to the sources.
Json artifact(std::string_view path) {
  Json location = {{"uri", uri_of(path)}};
  if (!path.starts_with('/')) location["uriBaseId"] = "%SRCROOT%";
  return location;
}

/// GitHub wants all four. A line that cannot be looked at is pointed to.
Json region_of(unsigned line, std::size_t columns) {
  return {{"startLine", line}, {"startColumn", 1}, {"endLine", line}, {"endColumn", columns + 1}};
}

/// A whole file.
Json physical(std::string_view path) { return {{"artifactLocation", artifact(path)}, {"region", region_of(1, 0)}}; }

std::string_view line_of(std::string_view text, unsigned number) {
  for (; number > 1; --number) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  return text.substr(0, text.find_first_of("\r\n"));
}

std::size_t length_of(std::string_view text) {
  std::size_t length = 0;
  for (; !text.empty(); ++length) take_character(text);
  return length;
}

Json physical(const Frame& frame, Sources& sources) {
  // A relative name that is not below the sources leads nowhere.
  if (!frame.is_in_sources && !frame.file.starts_with('/')) {
    Json location = physical(frame.path);
    location["address"] = {{"relativeAddress", frame.offset}, {"kind", "instruction"}};
    return location;
  }
  const unsigned line = std::max(frame.line, 1U);
  return {{"artifactLocation", artifact(frame.file)},
          {"region", region_of(line, length_of(line_of(sources.text(frame.file), line)))}};
}

/// FNV-1a. Hosts compare fingerprints with those of earlier runs: it must never change.
std::string fingerprint(const Identity& identity) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const auto& [name, field] : identity_fields)
    for (const char c : identity.*field + '\0') hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return fmt::format("{:016x}", hash);
}

Json logical(std::string_view module, const std::string& function) {
  return {{"name", function}, {"fullyQualifiedName", fmt::format("{}!{}", module, function)}, {"kind", "function"}};
}

std::string message_of(const Leak& leak) {
  const Crossing& crossing = *leak.crossing;
  const Creation& created = crossing.created;
  const std::string text =
      fmt::format("{} inherits descriptor {}, {}", leak.exec->program, crossing.fd, what_it_is(crossing));
  if (created.call.empty()) return text + ". Who made it is not known.";
  const Frame* frame = frame_in_sources(created.stack);
  if (frame == nullptr && !created.stack.empty()) frame = &created.stack.front();
  const std::string caller = frame != nullptr ? text_of(*frame) : created.module;
  const bool is_direct = frame == nullptr || frame == created.stack.begin();
  return fmt::format("{}. {} made it without close-on-exec: {} {} {}.", text,
                     created.program.empty() ? "A program" : created.program, caller, is_direct ? "calls" : "leads to",
                     created.call);
}

/// The call that a result is about; null when only its program is known.
const Frame* frame_of(const Creation& created) {
  if (const Frame* frame = frame_in_sources(created.stack)) return frame;
  const bool has_module = !created.stack.empty() && !created.stack.front().path.empty();
  return has_module ? &created.stack.front() : nullptr;
}

const std::string& program_of(const Leak& leak) {
  const std::string& creator = leak.crossing->created.program;
  return creator.empty() ? leak.exec->program : creator;
}

/// The line of source, else the module whose code it is, else the program.
Json location_of(const Leak& leak, Sources& sources) {
  const Creation& created = leak.crossing->created;
  Json location = Json::object();
  if (const Frame* frame = frame_of(created))
    location["physicalLocation"] = physical(*frame, sources);
  else if (const std::string& program = program_of(leak); !program.empty())
    location["physicalLocation"] = physical(program);
  if (!created.call.empty()) {
    const bool has_function = !created.stack.empty() && !created.stack.front().function.empty();
    location["logicalLocations"] =
        Json::array({logical(created.module, has_function ? created.stack.front().function : created.call)});
  }
  return location;
}

Json related_to(const Leak& leak) {
  Json related = Json::array();
  const auto add = [&](std::string_view path, const char* what) {
    if (path.empty()) return;
    related.push_back(
        {{"id", related.size() + 1}, {"physicalLocation", physical(path)}, {"message", {{"text", what}}}});
  };
  add(leak.exec->program, "the program that inherits it");
  if (frame_of(leak.crossing->created) != nullptr) add(leak.crossing->created.program, "the program that made it");
  const std::string& object = leak.crossing->object;
  if (object == "file" || object == "directory" || object == "device") add(leak.crossing->target, "what is leaked");
  return related;
}

/// The calls, the outermost first, and what came of them.
Json flow_of(const Leak& leak, Sources& sources) {
  const Frames& stack = leak.crossing->created.stack;
  Json steps = Json::array();
  const auto add = [&](Json location) {
    steps.push_back({{"location", std::move(location)}, {"nestingLevel", steps.size()}});
  };
  for (std::size_t place = stack.size(); place-- > 0;) {
    const Frame& frame = stack[place];
    if (frame.file.empty() && frame.path.empty()) continue;
    Json location = {{"physicalLocation", physical(frame, sources)}, {"message", {{"text", text_of(frame)}}}};
    if (!frame.function.empty()) location["logicalLocations"] = Json::array({logical(frame.module, frame.function)});
    add(std::move(location));
  }
  if (!leak.exec->program.empty())
    add({{"physicalLocation", physical(leak.exec->program)}, {"message", {{"text", "the program that inherits it"}}}});
  Json thread = {{"locations", std::move(steps)}};
  if (const std::string& name = leak.crossing->created.thread; !name.empty())
    thread["message"] = {{"text", fmt::format("thread {}", name)}};
  return {{"threadFlows", Json::array({std::move(thread)})}};
}

/// Of the line where it is known and can be looked at; else of the leak itself.
std::string line_fingerprint(const Leak& leak, const std::string& otherwise, Sources& sources) {
  const Frame* frame = frame_in_sources(leak.crossing->created.stack);
  const std::string hash = frame == nullptr ? "" : line_hash(sources.text(frame->file), frame->line);
  return hash.empty() ? otherwise + ":1" : hash;
}

Json result_of(const Identity& identity, const Leak& leak, Sources& sources) {
  const Crossing& crossing = *leak.crossing;
  const Creation& created = crossing.created;
  const std::string print = fingerprint(identity);
  Json result = {{"ruleId", rule_id},
                 {"ruleIndex", 0},
                 {"level", "warning"},
                 {"message", {{"text", message_of(leak)}}},
                 {"locations", Json::array({location_of(leak, sources)})},
                 {"relatedLocations", related_to(leak)}};
  if (created.stack.size() > 1) result["codeFlows"] = Json::array({flow_of(leak, sources)});
  result["occurrenceCount"] = leak.count;
  result["partialFingerprints"] = {{"primaryLocationLineHash", line_fingerprint(leak, print, sources)},
                                   {"cloexecLeak/v1", print}};
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
      {"properties",
       {{"tags", {"security", "external/cwe/cwe-403"}}, {"precision", "high"}, {"security-severity", "5.0"}}}};
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

Json notification(std::string text) { return {{"level", "warning"}, {"message", {{"text", std::move(text)}}}}; }

/// `arguments` and how complete the results are.
Json invocation_of(const Report& report, std::size_t accepted, std::size_t left_out) {
  Json invocation = {{"executionSuccessful", true}, {"arguments", report.command}};
  if (!report.source_root.empty()) invocation["workingDirectory"] = {{"uri", uri_of(report.source_root + "/")}};
  Json said = Json::array();
  if (const std::string unseen = what_was_not_seen(report); !unseen.empty())
    said.push_back(notification(fmt::format("There may be more leaks: {}", unseen)));
  if (left_out > 0)
    said.push_back(
        notification(fmt::format("{} left out: no host takes more.", counted(left_out, "leak is", "leaks are"))));
  if (accepted > 0) {
    said.push_back(notification(fmt::format("{} left out, which {} accepts.", counted(accepted, "leak is", "leaks are"),
                                            report.baseline ? report.baseline->path : "a baseline")));
    said.back()["level"] = "note";
  }
  if (!said.empty()) invocation["toolExecutionNotifications"] = std::move(said);
  return invocation;
}

}  // namespace

std::string as_sarif(const Report& report) {
  std::map<Identity, Leak> leaks;
  // Hosts show what is suppressed like all else.
  std::set<Identity> accepted;
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds) {
      if (is_accepted(crossing)) accepted.insert(identity_of(exec, crossing));
      if (crossing.what != Class::leak) continue;
      Leak& leak = leaks[identity_of(exec, crossing)];
      if (leak.count++ == 0) leak = {&exec, &crossing, 1};
    }
  Sources sources(report.source_root);
  Json results = Json::array();
  for (const auto& [identity, leak] : leaks)
    if (results.size() < most_results) results.push_back(result_of(identity, leak, sources));
  const std::size_t left_out = leaks.size() - results.size();
  const Json driver = {{"name", "cloexec"},
                       {"version", CLOEXEC_VERSION},
                       {"rules", Json::array({rule()})},
                       {"supportedTaxonomies", {{{"name", "CWE"}, {"index", 0}}}}};
  Json run = {{"tool", {{"driver", driver}}},
              {"taxonomies", Json::array({weaknesses()})},
              {"invocations", Json::array({invocation_of(report, accepted.size(), left_out)})},
              {"columnKind", "unicodeCodePoints"},
              {"results", std::move(results)}};
  if (!report.source_root.empty())
    run["originalUriBaseIds"] = {
        {"%SRCROOT%", {{"description", {{"text", "The folder that --source-root has named."}}}}}};
  return written({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                  {"version", "2.1.0"},
                  {"runs", Json::array({std::move(run)})}});
}

}  // namespace cloexec::cli
