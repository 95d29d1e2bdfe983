// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/selection.h"

#include <system_error>

#include "policy/glob.h"

namespace cloexec::cli {
namespace {

/// The name that it was started under, which may tell more than the 15 bytes that the kernel keeps.
std::string first_argument(const ProcFolder& folder) {
  try {
    const std::string arguments = folder.beginning("cmdline");
    return arguments.substr(0, arguments.find('\0'));
  } catch (const std::system_error&) {
    return {};
  }
}

}  // namespace

bool Selection::takes(const Who& process, const ProcFolder& folder) const {
  if (user && *user != process.user) return false;
  if (!units.empty() && !matches_units(units, process.units)) return false;
  return names.empty() || matches_program(names, process.comm) || matches_program(names, program_of(process)) ||
         matches_program(names, first_argument(folder));
}

}  // namespace cloexec::cli
