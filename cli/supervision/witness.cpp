// SPDX-License-Identifier: Apache-2.0

#include "cli/supervision/witness.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "cli/audit/look.h"
#include "cli/audit/obstacle.h"
#include "cli/audit/sighting.h"
#include "cli/audit/time_text.h"
#include "cli/doctor/rights.h"
#include "cli/proc_folder.h"
#include "policy/policy.h"

namespace cloexec::cli {
namespace {

/// What /proc/PID/status says behind `name`: its last number, the one that a process of a namespace has in there
/// (pid_namespaces(7)). 0 when it is not there.
int last_number(const std::string& status, std::string_view name) {
  const std::size_t line = status.find(fmt::format("\n{}:", name));
  if (line == std::string::npos) return 0;
  const std::size_t end = std::min(status.find('\n', line + 1), status.size());
  const std::size_t number = status.find_last_of(" \t", end) + 1;
  int value = 0;
  std::from_chars(status.data() + number, status.data() + end, value);
  return value;
}

/// As the process itself knows it, as does what the shim records.
int number_inside(pid_t process) try {
  return last_number(ProcFolder(fmt::format("/proc/{}", process)).content("status"), "NSpid");
} catch (const std::system_error&) {
  return process;
}

Sighting sighting_of(pid_t process) {
  Sighting sighting;
  Exec& exec = sighting.exec;
  exec.has_shim = false;
  exec.pid = process;
  exec.time = time_now();
  try {
    const ProcFolder folder(fmt::format("/proc/{}", process));
    const std::string status = folder.content("status");
    exec.pid = last_number(status, "NSpid");
    exec.ppid = number_inside(last_number(status, "PPid"));
    exec.program = folder.link("exe");
    exec.argv = look_at_processes().arguments(process, exec.program);
    if (!exec.argv.empty()) exec.argv0 = exec.argv[0];
  } catch (const std::system_error&) {
    // It has ended, or may not be read: what is known so far is told.
  }
  return sighting;
}

/// What keeps the shim out, found while the program is there.
std::string obstacle_of(pid_t process) {
  const std::string obstacle = obstacle_in_file(fmt::format("/proc/{}/exe", process), false);
  return obstacle.empty() || obstacle.starts_with("set-") || obstacle == "capabilities" ? obstacle_in_process(process)
                                                                                        : obstacle;
}

/// Whether its file gives rights that it has not got, as it is traced by one who has not got them (ptrace(2)).
bool is_weakened(pid_t process) {
  if (geteuid() == 0) return false;
  const Right right = right_of(fmt::format("/proc/{}/exe", process));
  return right && right.has_effect && !right.is_held_here;
}

Class class_of(supervise::Reason reason, bool closes) {
  switch (reason) {
    case supervise::Reason::allowed:
    case supervise::Reason::exempt:
      return Class::exempt;
    case supervise::Reason::arrived:
      return Class::foreign;
    case supervise::Reason::cleared:
    case supervise::Reason::shimmed:
      return Class::by_program;
    case supervise::Reason::leaked:
      break;
  }
  return closes ? Class::withheld : Class::leak;
}

std::string rule_of(const supervise::Crossing& crossing) {
  if (crossing.reason == supervise::Reason::allowed) return "CLOEXEC_ALLOW";
  if (crossing.rule == nullptr) return {};
  return fmt::format("{}:{}: {}", crossing.set->source, crossing.rule->line,
                     crossing.rule->text.of(crossing.set->text));
}

}  // namespace

void Witness::execed(const supervise::Exec& seen) {
  Sighting sighting = sighting_of(seen.process);
  Exec& exec = sighting.exec;
  sighting.path = seen.program;
  exec.is_watched = true;
  exec.obstacle = obstacle_of(seen.process);
  sighting.is_weakened = is_weakened(seen.process);
  std::vector<int> fds;
  for (const supervise::Crossing& crossing : seen.crossings) fds.push_back(crossing.fd);
  const std::vector<Description> found = look_at_processes().descriptors(seen.process, fds);
  for (std::size_t i = 0; i < seen.crossings.size(); ++i) {
    Crossing crossing;
    crossing.fd = fds[i];
    if (i < found.size()) std::tie(crossing.object, crossing.target) = std::tie(found[i].object, found[i].target);
    crossing.what = class_of(seen.crossings[i].reason, closes_);
    crossing.rule = rule_of(seen.crossings[i]);
    if (seen.crossings[i].is_older) sighting.older.push_back(fds[i]);
    exec.fds.push_back(std::move(crossing));
  }
  write_sighting(pipe_, sighting);
}

void Witness::closed(pid_t process, const std::vector<int>& left) {
  if (!left.empty()) write_left(pipe_, number_inside(process), left);
}

void Witness::unseen(pid_t process) { write_sighting(pipe_, sighting_of(process)); }

void Witness::stepped_aside(pid_t process, std::string_view) { write_sighting(pipe_, sighting_of(process)); }

}  // namespace cloexec::cli
