// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/obstacle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "cli/doctor/elf_file.h"
#include "cli/doctor/locate.h"
#include "cli/doctor/rights.h"
#include "cli/find_shim.h"
#include "cli/proc_folder.h"
#include "cli/secure.h"

namespace cloexec::cli {
namespace {

/// The dynamic loader itself, told what to load, loads the shim, too.
bool is_loader(const ElfFile& file) { return file.soname.starts_with("ld-") || file.soname.starts_with("ld64."); }

bool is_outside_our_rights(const Right& right, bool is_for_us) {
  return right && right.has_effect && !(is_for_us && right.is_held_here);
}

}  // namespace

std::string obstacle_in_file(const std::string& program, bool is_for_us) try {
  const Location location = locate(program);
  if (location.is_readable) {
    const ElfFile file = read_elf_headers(location.image);
    if (!file.interpreter && !is_loader(file)) return file.is_movable ? "static-pie" : "static";
    if (file.architecture != read_elf_headers(find_shim(true)).architecture) return "architecture";
  }
  const Right right = right_of(location.image);
  if (is_outside_our_rights(right, is_for_us)) return right.id;
  return is_for_us && (getuid() != geteuid() || getgid() != getegid()) ? "secure-execution" : "";
} catch (const std::runtime_error&) {
  return {};
}

std::string obstacle_in_process(int pid) try {
  const ProcFolder process(fmt::format("/proc/{}", pid));
  // It may become another program meanwhile, whose environment is the last that the kernel has put in place.
  std::string environment = process.content("environ");
  const std::optional<bool> is_started_secure = is_secure(process);
  if (!is_started_secure) return {};
  if (*is_started_secure) return "secure-execution";
  if (environment.empty()) environment = process.content("environ");
  return environment.find(shim_name) == std::string::npos ? "no-preload" : "";
} catch (const std::system_error&) {
  return {};
}

void find_obstacles(Report& report) {
  std::map<std::string, std::string> known;
  for (Exec& exec : report.execs) {
    // A path that is not whole was another file's, wherever its process was.
    const bool is_elsewhere = exec.program.find('/') != std::string::npos && exec.program[0] != '/';
    if (exec.has_shim || !exec.obstacle.empty() || exec.program.empty() || is_elsewhere) continue;
    const auto [place, is_new] = known.try_emplace(exec.program);
    if (is_new) place->second = obstacle_in_file(exec.program, false);
    exec.obstacle = place->second;
  }
}

}  // namespace cloexec::cli
