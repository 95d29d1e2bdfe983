// SPDX-License-Identifier: Apache-2.0

#include "cli/seal/problem.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>

#include "seal/waits.h"
#include "trace/proc.h"

namespace cloexec::cli {
namespace {

/// "gdb[12]"
std::string name_of(pid_t process) {
  std::string comm = trace::read_in_proc(process, "comm");
  if (comm.ends_with('\n')) comm.pop_back();
  return fmt::format("{}[{}]", comm, process);
}

/// What a word of /proc/sys says; empty when there is no such file.
std::string setting_of_kernel(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

std::string hint_for_forbidden() {
  const std::string scope = setting_of_kernel("/proc/sys/kernel/yama/ptrace_scope");
  if (scope == "3") return "no process may be traced on this machine (kernel.yama.ptrace_scope is 3)";
  if (scope == "1" || scope == "2")
    return fmt::format("only CAP_SYS_PTRACE may trace here (kernel.yama.ptrace_scope is {}): try as root", scope);
  return "try as root; in a container it takes --cap-add=SYS_PTRACE; some protect themselves: see ptrace(2)";
}

std::string call_text(int number, pid_t process) {
  const std::string_view name = seal::name_of_call(number, seal::is_narrow_program(process));
  return name.empty() ? fmt::format("system call {}", number) : fmt::format("{}(2)", name);
}

}  // namespace

SealProblem describe(const seal::Marked& marked, pid_t process) {
  switch (marked.outcome) {
    case seal::Outcome::done:
      return {};
    case seal::Outcome::gone:
      return {"has ended", ""};
    case seal::Outcome::traced:
      return {fmt::format("is traced by {}, and can have one tracer", name_of(marked.detail)),
              "end that one first, or have it call fcntl(FD, F_SETFD, 1)"};
    case seal::Outcome::forbidden:
      return {"may not be traced", hint_for_forbidden()};
    case seal::Outcome::filtered:
      return {"has a seccomp filter, which might kill it for the call",
              "CAP_SYS_ADMIN can suspend filters: try as root, outside of a container"};
    case seal::Outcome::stuck:
      return {"waits in the kernel where nothing interrupts it, as for a vfork child or a disk",
              "try again, or give it more time: --wait SECONDS"};
    case seal::Outcome::noticed:
      return {fmt::format("waits in {}, which would return early", call_text(marked.detail, process)),
              "try again, or give it more time: --wait SECONDS"};
    case seal::Outcome::frozen:
      return {"does not run", "its control group is frozen: thaw it first"};
    case seal::Outcome::refused:
      return {fmt::format("may not make the call: {}", std::strerror(marked.detail)), ""};
    case seal::Outcome::unable:
      return {"makes its system calls in a way that this command does not know", ""};
    case seal::Outcome::broken:
      return {"could not be sealed: the process that does it has failed", "try again"};
  }
  return {};
}

}  // namespace cloexec::cli
