// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/who.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <system_error>

namespace cloexec::cli {
namespace {

/// /proc/PID/stat is there for everybody to read: "PID (COMM) STATE PPID PGRP SESSION ..." (proc(5)); only the last
/// parenthesis ends COMM.
class Stat {
 public:
  explicit Stat(std::string text) : text_(std::move(text)) {}

  /// By its number in proc(5), from 3 on.
  [[nodiscard]] std::string_view field(int number) const {
    std::string_view rest = text_;
    rest.remove_prefix(std::min(rest.rfind(')') + 2, rest.size()));
    for (; number > 3; --number) rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
    return rest.substr(0, rest.find(' '));
  }

  [[nodiscard]] std::uint64_t number(int field_number) const {
    std::uint64_t value = 0;
    const std::string_view text = field(field_number);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

 private:
  std::string text_;
};

void refuse_others(const Stat& stat, const std::string& comm) {
  constexpr std::uint64_t is_kernel_thread = 0x00200000;  // PF_KTHREAD (linux/sched.h)
  const std::string_view state = stat.field(3);
  if (state.empty() || state == "Z" || state == "X") throw Unreadable{Obstacle::ended, comm};
  if ((stat.number(9) & is_kernel_thread) != 0) throw Unreadable{Obstacle::kernel, comm};
}

/// From when the machine was booted, in ticks.
std::chrono::system_clock::time_point start_of(const Stat& stat) {
  timespec since_boot{};
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const auto running = std::chrono::seconds(since_boot.tv_sec) + std::chrono::nanoseconds(since_boot.tv_nsec);
  const auto ticks = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  const std::chrono::milliseconds until_start(stat.number(22) * 1000 / ticks);
  return std::chrono::system_clock::now() -
         std::chrono::duration_cast<std::chrono::system_clock::duration>(running - until_start);
}

/// "Uid:\tREAL\tEFFECTIVE\t..."
uid_t effective_user(std::string_view status) {
  constexpr std::string_view name = "\nUid:\t";
  status.remove_prefix(std::min(status.find(name), status.size()));
  status.remove_prefix(std::min(name.size(), status.size()));
  status.remove_prefix(std::min(status.find('\t') + 1, status.size()));
  uid_t user = 0;
  std::from_chars(status.data(), status.data() + status.size(), user);
  return user;
}

/// Empty when it may not be read.
std::string exe_of(const ProcFolder& folder) {
  try {
    return link_in(folder, "exe");
  } catch (const std::system_error& error) {
    if (!is_forbidden(error)) throw;
    return {};
  }
}

}  // namespace

ProcFolder open_process(int pid) {
  try {
    return ProcFolder(fmt::format("/proc/{}", pid));
  } catch (const std::system_error& error) {
    if (has_ended(error)) throw Unreadable{Obstacle::gone, {}};
    if (is_forbidden(error)) throw Unreadable{Obstacle::forbidden, {}};
    throw;
  }
}

Who identify(int pid, const ProcFolder& folder) {
  Who process;
  process.pid = pid;
  try {
    process.comm = folder.content("comm");
    if (process.comm.ends_with('\n')) process.comm.pop_back();
    const Stat stat(folder.content("stat"));
    refuse_others(stat, process.comm);
    process.parent = static_cast<int>(stat.number(4));
    process.started = start_of(stat);
    process.user = effective_user(folder.content("status"));
    process.units = units_in(folder.content("cgroup"));
    process.exe = exe_of(folder);
    return process;
  } catch (const std::system_error& error) {
    throw unreadable(error, folder, process.comm);
  }
}

void refuse_others(const ProcFolder& folder, const std::string& comm) {
  refuse_others(Stat(folder.content("stat")), comm);
}

std::string link_in(const ProcFolder& folder, const std::string& name) {
  try {
    return folder.link(name);
  } catch (const std::system_error& error) {
    if (!has_ended(error)) throw;
    return {};
  }
}

std::string_view program_of(const Who& process) {
  constexpr std::string_view replaced = " (deleted)";
  std::string_view path = process.exe;
  if (path.ends_with(replaced)) path.remove_suffix(replaced.size());
  return path;
}

}  // namespace cloexec::cli
