// SPDX-License-Identifier: Apache-2.0
//
// The audit as JUnit XML, as CI servers show tests: a test for each program that was started, which fails for each leak
// into it. What a baseline accepts is skipped, and what could not be seen is an error.

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <vector>

#include "cli/audit/baseline.h"
#include "cli/audit/frame_text.h"
#include "cli/audit/identity.h"
#include "cli/audit/report.h"
#include "cli/audit/rows.h"
#include "cli/audit/time_text.h"
#include "cli/message.h"
#include "cli/text/markup.h"

namespace cloexec::cli {
namespace {

using Xml = std::string;

/// A leak, or what was one until it was accepted.
struct Case {
  const Exec* exec = nullptr;  // the first
  const Crossing* crossing = nullptr;
  std::size_t times = 0;
};

using Cases = std::map<Identity, Case>;

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
};

Xml attribute(std::string_view name, std::string_view value) { return fmt::format(" {}=\"{}\"", name, escaped(value)); }

/// Lines stay lines.
Xml lines_of(const std::vector<std::string>& lines) {
  Xml text;
  for (const std::string& line : lines) text += escaped(line) + "\n";
  return text;
}

std::string name_of(const Identity& leak) {
  const std::string& caller = leak.function.empty() ? leak.call : leak.function;
  std::string maker = leak.module.empty() ? caller : fmt::format("{}!{}", leak.module, caller);
  if (leak.call.empty()) maker = "nobody knows who";
  return fmt::format("{}: {}", maker, leak.target);
}

std::vector<std::string> details_of(const Case& one) {
  const Crossing& crossing = *one.crossing;
  const Creation& created = crossing.created;
  std::vector<std::string> lines = {
      fmt::format("{} inherits descriptor {}, {}", one.exec->program, crossing.fd, what_it_is(crossing)),
      fmt::format("made by {}, {}", maker_of(row_of(*one.exec, crossing)),
                  one.times == 1 ? "once" : fmt::format("{} times", one.times))};
  for (const Frame& frame : created.stack) lines.push_back("  at " + text_of(frame));
  return lines;
}

Xml case_of(const Identity& leak, const Case& one, Counts& counts) {
  const Crossing& crossing = *one.crossing;
  Xml xml = "    <testcase" + attribute("classname", one.exec->program) + attribute("name", name_of(leak));
  if (const Frame* frame = frame_in_sources(crossing.created.stack)) xml += attribute("file", frame->file);
  xml += ">\n";
  ++counts.tests;
  if (is_accepted(crossing)) {
    ++counts.skipped;
    xml += fmt::format("      <skipped{}/>\n", attribute("message", crossing.rule));
  } else {
    ++counts.failures;
    const std::string message = fmt::format("{} leaks into {}", what_it_is(crossing), one.exec->program);
    xml += fmt::format("      <failure{}{}>{}</failure>\n", attribute("type", "descriptor-leak"),
                       attribute("message", message), lines_of(details_of(one)));
  }
  return xml + "    </testcase>\n";
}

Xml passed(std::string_view subject, std::string_view name, Counts& counts) {
  ++counts.tests;
  return fmt::format("    <testcase{}{}/>\n", attribute("classname", subject), attribute("name", name));
}

/// Whether the audit has seen all that there was.
Xml completeness_of(const Report& report, Counts& counts) {
  constexpr std::string_view name = "sees every program and record";
  std::vector<std::string> lines;
  if (report.lost > 0) lines.push_back(counted(report.lost, "record was lost", "records were lost"));
  std::set<std::string> unseen;
  for (const Exec& exec : report.execs)
    if (is_unseen(exec)) unseen.insert(exec.program);
  for (const std::string& program : unseen) lines.push_back("the shim could not enter " + program);
  if (report.execs.empty()) lines.push_back("no program was seen to start");
  if (lines.empty()) return passed("cloexec audit", name, counts);
  ++counts.tests;
  ++counts.errors;
  return fmt::format("    <testcase{}{}>\n      <error{}{}>{}</error>\n    </testcase>\n",
                     attribute("classname", "cloexec audit"), attribute("name", name), attribute("type", "unseen"),
                     attribute("message", lines.front()), lines_of(lines));
}

/// What the baseline has for nothing.
Xml gone_of(const Report& report) {
  std::vector<std::string> lines;
  if (report.baseline)
    for (const Acceptance& one : report.baseline->entries)
      if (one.times == 0) lines.push_back("no longer occurs: " + one.entry);
  return lines.empty() ? "" : fmt::format("    <system-out>{}</system-out>\n", lines_of(lines));
}

}  // namespace

std::string as_junit(const Report& report) {
  Cases cases;
  std::set<std::string> programs;
  std::set<std::string> leaky;
  for (const Exec& exec : report.execs) {
    programs.insert(exec.program);
    for (const Crossing& crossing : exec.fds) {
      if (crossing.what != Class::leak && !is_accepted(crossing)) continue;
      leaky.insert(exec.program);
      Case& one = cases[identity_of(exec, crossing)];
      // One that is accepted only now and then is not.
      if (one.times++ == 0 || crossing.what == Class::leak) one = {&exec, &crossing, one.times};
    }
  }
  Counts counts;
  Xml tests = completeness_of(report, counts);
  for (const std::string& program : programs)
    if (!leaky.contains(program)) tests += passed(program, "inherits nothing that leaked", counts);
  for (const auto& [leak, one] : cases) tests += case_of(leak, one, counts);
  const Xml head =
      fmt::format("{} tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", attribute("name", "cloexec audit"),
                  counts.tests, counts.failures, counts.errors, counts.skipped);
  const std::int64_t begun = report.execs.empty() ? 0 : report.execs.front().time;
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites{}>\n  <testsuite{}{}>\n    <properties>\n"
      "      <property name=\"command\"{}/>\n    </properties>\n{}{}  </testsuite>\n</testsuites>\n",
      head, head, begun == 0 ? "" : attribute("timestamp", time_text(begun)),
      attribute("value", shell_command(report.command)), tests, gone_of(report));
}

}  // namespace cloexec::cli
