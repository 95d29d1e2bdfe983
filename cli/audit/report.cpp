// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/report.h"

#include <array>

namespace cloexec::cli {

std::string_view name_of(Class what) {
  constexpr std::array<std::string_view, 4> names = {"leak", "exempt", "explicit", "foreign"};
  return names[static_cast<std::size_t>(what)];
}

Summary summary_of(const Report& report) {
  Summary summary{report.execs.size()};
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds) {
      ++summary.crossed;
      if (crossing.what == Class::leak) ++summary.leaks;
    }
  return summary;
}

}  // namespace cloexec::cli
