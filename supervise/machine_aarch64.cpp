// SPDX-License-Identifier: Apache-2.0

#ifdef __aarch64__

#include <elf.h>
#include <sys/uio.h>

#include "supervise/machine.h"

namespace cloexec::supervise {
namespace {

constexpr std::size_t link_register = 30;

}  // namespace

/// `svc #0` and `ret`; a longer end would authenticate the return address where pointers are.
std::optional<Gadget> find_gadget(std::string_view code, bool) {
  constexpr std::string_view instructions("\x01\x00\x00\xD4\xC0\x03\x5F\xD6", 8);
  const std::size_t at = code.find(instructions);
  if (at == std::string_view::npos || at % 4 != 0) return {};
  return Gadget{at, Gadget::Base::link, 0};
}

CallInstruction call_instruction(bool) { return {Word{0xD4000001}, Word{0xFFFFFFFF}}; }

/// A tracee of 32 bits has fewer.
bool Registers::read(pid_t task) {
  iovec all{&registers_, sizeof registers_};
  return ptrace(PTRACE_GETREGSET, task, NT_PRSTATUS, &all) == 0 && all.iov_len == sizeof registers_;
}

bool Registers::write(pid_t task) const {
  auto copy = registers_;
  iovec all{&copy, sizeof copy};
  return ptrace(PTRACE_SETREGSET, task, NT_PRSTATUS, &all) == 0;
}

bool Registers::are_narrow() const { return false; }

Word Registers::program_counter() const { return registers_.pc; }

Word Registers::stack_pointer() const { return registers_.sp; }

long Registers::result() const { return static_cast<long>(registers_.regs[0]); }

void Registers::prepare(InjectedCall call, Word first, Word second, Word at) {
  registers_.pc = at;
  registers_.regs[8] = call == InjectedCall::close ? 57 : 436;
  registers_.regs[0] = first;
  registers_.regs[1] = second;
  registers_.regs[2] = 0;
}

bool Registers::return_here(pid_t, const Gadget&) {
  registers_.regs[link_register] = registers_.pc;
  return true;
}

}  // namespace cloexec::supervise

#endif
