// SPDX-License-Identifier: Apache-2.0

#include "shim/host/program.h"

#include <fcntl.h>
#include <sys/auxv.h>

#include <cstdint>

#include "shim/host/environment.h"
#include "shim/host/raw_syscall.h"

namespace cloexec {
namespace {

/// `path` without what the kernel puts behind it when the file is gone, as after an upgrade (proc(5)).
std::string_view without_mark(std::string_view path) {
  constexpr std::string_view mark = " (deleted)";
  if (path.ends_with(mark)) path.remove_suffix(mark.size());
  return path;
}

}  // namespace

/// The kernel puts the count, the arguments, a null and the environment one behind the other (execve(2)). What does not
/// look so is left alone.
std::string_view first_argument(char* const* environment) {
  constexpr std::intptr_t most = 1 << 16;
  if (environment == nullptr || environment[-1] != nullptr) return {};
  for (std::intptr_t count = 0; count < most; ++count) {
    char* const word = environment[-2 - count];
    if (reinterpret_cast<std::intptr_t>(word) == count) return view(count > 0 ? environment[-1 - count] : nullptr);
  }
  return {};
}

std::span<const std::string_view> ProgramNames::get() {
  if (are_known_) return names_;
  are_known_ = true;
  const long size = raw_syscall(__NR_readlinkat, AT_FDCWD, reinterpret_cast<long>("/proc/self/exe"),
                                reinterpret_cast<long>(executable_), sizeof executable_);
  if (size > 0 && size < static_cast<long>(sizeof executable_))
    names_[0] = without_mark({executable_, static_cast<std::size_t>(size)});
  // To a set-user-ID program whoever starts it could give a shell's name.
  if (getauxval(AT_SECURE) != 0) return names_;
  names_[1] = view(reinterpret_cast<const char*>(getauxval(AT_EXECFN)));
  names_[2] = started_as_;
  return names_;
}

}  // namespace cloexec
