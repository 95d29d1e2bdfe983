// SPDX-License-Identifier: Apache-2.0

#include "trace/look.h"

#include <sys/auxv.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "policy/glob.h"
#include "trace/given.h"
#include "trace/proc.h"
#include "trace/tracee.h"

namespace cloexec::trace {
namespace {

/// What the kernel puts behind the name of a file that is gone, as after an upgrade (proc(5)).
std::string_view without_mark(std::string_view path) {
  constexpr std::string_view mark = " (deleted)";
  if (path.ends_with(mark)) path.remove_suffix(mark.size());
  return path;
}

std::vector<std::string> names_of(pid_t process) {
  std::vector<std::string> names{std::string(without_mark(link_in_proc(process, "exe")))};
  const AuxiliaryValues auxiliary(read_in_proc(process, "auxv"));
  if (auxiliary.get(AT_SECURE) != 0) return names;
  names.push_back(text_at(process, auxiliary.get(AT_EXECFN)));
  names.emplace_back(Strings(read_in_proc(process, "cmdline")).first());
  return names;
}

/// Lines are "BEGIN-END PERMISSIONS OFFSET DEVICE INODE   PATH" (proc(5)).
std::vector<std::string> modules_in(std::string_view maps) {
  std::vector<std::string> modules;
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    const std::size_t path = line.find('/');
    if (path == std::string_view::npos) continue;
    const std::string_view module = base_name(without_mark(line.substr(path)));
    if (modules.empty() || modules.back() != module) modules.emplace_back(module);
  }
  return modules;
}

}  // namespace

bool Look::has_shim() const { return std::find(modules.begin(), modules.end(), "libcloexec.so") != modules.end(); }

Look look_at(pid_t process) { return {names_of(process), modules_in(read_in_proc(process, "maps"))}; }

}  // namespace cloexec::trace
