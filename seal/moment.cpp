// SPDX-License-Identifier: Apache-2.0

#include "seal/moment.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>

#include "trace/proc.h"

namespace cloexec::seal {
namespace {

/// Of /proc/PID/stat (proc(5)).
struct Stat {
  unsigned long parent = 0;
  unsigned long begin = 0;      // since the machine's start, in ticks of sysconf(_SC_CLK_TCK)
  unsigned long arguments = 0;  // where they are: an exec puts them elsewhere, a fork does not
};

Stat stat_of(pid_t process) {
  const std::string text = trace::beginning_in_proc(process, "stat");
  const std::size_t end = text.rfind(") ");
  Stat stat;
  if (end == std::string::npos) return stat;
  std::string_view rest = std::string_view(text).substr(end + 2);
  for (int field = 3; !rest.empty(); ++field) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    unsigned long* const wanted = field == 4    ? &stat.parent
                                  : field == 22 ? &stat.begin
                                  : field == 48 ? &stat.arguments
                                                : nullptr;
    if (wanted != nullptr) std::from_chars(word.data(), word.data() + word.size(), *wanted);
  }
  return stat;
}

double seconds_since(unsigned long ticks) {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9 -
         static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

bool may_be_about_to_exec(pid_t process) {
  const Stat own = stat_of(process);
  if (own.arguments == 0 || seconds_since(own.begin) >= 1) return false;
  return stat_of(static_cast<pid_t>(own.parent)).arguments == own.arguments;
}

void let_it_exec(pid_t process) {
  constexpr std::chrono::milliseconds pause{5};
  while (may_be_about_to_exec(process)) std::this_thread::sleep_for(pause);
}

}  // namespace cloexec::seal
