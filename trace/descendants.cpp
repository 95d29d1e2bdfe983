// SPDX-License-Identifier: Apache-2.0

#include "trace/descendants.h"

#include <dirent.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "trace/proc.h"

namespace cloexec::trace {
namespace {

struct Closer {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::unordered_map<pid_t, std::vector<pid_t>> children_by_parent() {
  std::unordered_map<pid_t, std::vector<pid_t>> children;
  const std::unique_ptr<DIR, Closer> folder(opendir("/proc"));
  if (folder == nullptr) return children;
  while (const dirent* const entry = readdir(folder.get())) {
    pid_t process = 0;
    std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), process);
    if (process > 0 && is_alive(process)) children[number_in_status(process, "PPid")].push_back(process);
  }
  return children;
}

}  // namespace

std::vector<pid_t> with_descendants(pid_t process) {
  const auto children = children_by_parent();
  std::vector<pid_t> found{process};
  for (std::size_t at = 0; at < found.size(); ++at)
    if (const auto more = children.find(found[at]); more != children.end())
      for (const pid_t child : more->second) found.push_back(child);
  return found;
}

}  // namespace cloexec::trace
