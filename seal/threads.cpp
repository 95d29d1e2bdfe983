// SPDX-License-Identifier: Apache-2.0

#include "seal/threads.h"

#include <dirent.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "seal/waits.h"
#include "trace/descriptors.h"
#include "trace/proc.h"

namespace cloexec::seal {
namespace {

struct Closer {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::vector<pid_t> threads_of(pid_t process) {
  std::vector<pid_t> threads;
  const std::unique_ptr<DIR, Closer> folder(opendir(("/proc/" + std::to_string(process) + "/task").c_str()));
  if (folder == nullptr) return threads;
  while (const dirent* const entry = readdir(folder.get())) {
    pid_t thread = 0;
    std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), thread);
    if (thread > 0) threads.push_back(thread);
  }
  return threads;
}

/// The state, and the kernel's flags, in /proc/TASK/stat: "TASK (COMM) STATE PPID PGRP SESSION TTY TPGID FLAGS ...".
struct Stat {
  char state = 'X';
  unsigned flags = 0;
};

Stat stat_of(pid_t task) {
  const std::string text = trace::beginning_in_proc(task, "stat");
  const std::size_t end = text.rfind(") ");
  Stat stat;
  if (end == std::string::npos) return stat;
  std::string_view fields = std::string_view(text).substr(end + 2);
  stat.state = fields.empty() ? 'X' : fields.front();
  for (int skipped = 0; skipped < 6; ++skipped) fields.remove_prefix(std::min(fields.find(' ') + 1, fields.size()));
  std::from_chars(fields.data(), fields.data() + fields.size(), stat.flags);
  return stat;
}

bool has_ended(const Stat& stat) { return stat.state == 'Z' || stat.state == 'X'; }

/// Threads that the kernel has put there, as io_uring does, never leave it (linux/sched.h).
bool is_of_kernel(const Stat& stat) {
  constexpr unsigned io_worker = 0x10;
  constexpr unsigned user_worker = 0x4000;
  return (stat.flags & (io_worker | user_worker)) != 0;
}

Fitness fitness_in(Harm harm) {
  switch (harm) {
    case Harm::none:
      return Fitness::unnoticed;
    case Harm::unknown:
      return Fitness::unknown;
    case Harm::delay:
      return Fitness::delayed;
    case Harm::visible:
      return Fitness::noticed;
  }
  return Fitness::noticed;
}

int number_in(std::string_view status, std::string_view key) {
  int number = 0;
  const std::size_t at = status.find(key);
  if (at != std::string_view::npos)
    std::from_chars(status.data() + at + key.size(), status.data() + status.size(), number);
  return number;
}

std::optional<Candidate> look_at(pid_t task, bool is_narrow) {
  const Stat stat = stat_of(task);
  if (has_ended(stat) || is_of_kernel(stat)) return {};
  Candidate candidate;
  candidate.task = task;
  const std::string status = trace::read_in_proc(task, "status");
  candidate.tracer = number_in(status, "\nTracerPid:\t");
  candidate.is_filtered = number_in(status, "\nSeccomp:\t") != 0;
  const auto call = waiting_call_of(task, is_narrow);
  if (call) candidate.call = call->number;
  if (stat.state == 'D')
    candidate.fitness = Fitness::stuck;
  else if (stat.state == 'T')
    candidate.fitness = Fitness::unnoticed;
  else
    candidate.fitness = call ? fitness_in(harm_to(*call, task)) : Fitness::running;
  return candidate;
}

}  // namespace

std::vector<Sharers> sharers_of(pid_t process) {
  std::vector<Sharers> tables;
  for (const pid_t thread : threads_of(process)) {
    if (has_ended(stat_of(thread))) continue;
    const auto known = std::find_if(tables.begin(), tables.end(), [&](const Sharers& sharers) {
      return trace::may_share_table(sharers.front(), thread);
    });
    if (known == tables.end())
      tables.push_back({thread});
    else
      known->push_back(thread);
  }
  return tables;
}

std::vector<Candidate> candidates_of(const Sharers& sharers, bool is_narrow) {
  std::vector<Candidate> candidates;
  std::size_t fit = 0;
  constexpr std::size_t enough = 3;
  for (const pid_t task : sharers) {
    const auto candidate = look_at(task, is_narrow);
    if (!candidate) continue;
    candidates.push_back(*candidate);
    const bool is_fit = candidate->fitness == Fitness::unnoticed && !candidate->is_filtered && candidate->tracer == 0;
    if (is_fit && ++fit == enough) break;
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& one, const Candidate& other) { return one.fitness < other.fitness; });
  return candidates;
}

}  // namespace cloexec::seal
