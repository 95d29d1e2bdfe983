// SPDX-License-Identifier: Apache-2.0

#include "shim/exec/search.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "shim/host/environment.h"
#include "shim/host/raw_syscall.h"
#include "shim/host/readable.h"

namespace cloexec {
namespace {

bool exists(int directory, const char* path) {
  const long result = raw_syscall(__NR_faccessat, directory, reinterpret_cast<long>(path), F_OK);
  return result != -ENOENT && result != -ENOTDIR && result != -EFAULT;
}

/// The value of PATH, or what libc takes for it.
std::string_view search_path() {
  for (char* const* entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (std::string_view(*entry).starts_with("PATH=")) return *entry + std::strlen("PATH=");
  return "/bin:/usr/bin";
}

/// Whether `name` is in a folder of that list, of which an empty one is the current one: execvp(3).
bool is_along(std::string_view path, std::string_view name) {
  char file[512];  // the stack may be that of a signal handler
  while (true) {
    const std::size_t colon = path.find(':');
    const std::size_t size = colon == std::string_view::npos ? path.size() : colon;
    if (size + name.size() + 2 > sizeof file) return true;
    if (size != 0) std::memcpy(file, path.data(), size);
    std::size_t end = size;
    if (size != 0) file[end++] = '/';
    std::memcpy(file + end, name.data(), name.size());
    file[end + name.size()] = '\0';
    if (exists(AT_FDCWD, file)) return true;
    if (colon == std::string_view::npos) return false;
    path.remove_prefix(colon + 1);
  }
}

}  // namespace

bool is_there(const Start& about) {
  ReadableMemory memory;
  if (about.program == nullptr) return memory.has(about.arguments);
  // File actions may change the directory first.
  if (is_spawn(about.call) && (!memory.has(about.program) || about.program[0] != '/')) return memory.has(about.program);
  // A name that is looked for libc reads itself. That of another is read by the kernel alone.
  if (searches_path(about.call) && std::string_view(about.program).find('/') == std::string_view::npos)
    return about.program[0] != '\0' && is_along(search_path(), about.program);
  return exists(about.program_fd >= 0 ? about.program_fd : AT_FDCWD, about.program);
}

}  // namespace cloexec
