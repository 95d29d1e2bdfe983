// SPDX-License-Identifier: Apache-2.0

#ifdef __aarch64__

#include <elf.h>
#include <sys/uio.h>

#include <cerrno>

#include "trace/machine.h"

namespace cloexec::trace {
namespace {

constexpr std::size_t link_register = 30;
constexpr std::size_t number_register = 8;

constexpr Word number_of(InjectedCall call) {
  switch (call) {
    case InjectedCall::close:
      return 57;
    case InjectedCall::fcntl:
      return 25;
    case InjectedCall::close_range:
      return 436;
  }
  return 0;
}

}  // namespace

/// `svc #0` and `ret`; a longer end would authenticate the return address where pointers are.
std::optional<Gadget> find_gadget(std::string_view code, bool) {
  constexpr std::string_view instructions("\x01\x00\x00\xD4\xC0\x03\x5F\xD6", 8);
  const std::size_t at = code.find(instructions);
  if (at == std::string_view::npos || at % 4 != 0) return {};
  return Gadget{at, Gadget::Base::link, 0};
}

CallInstruction call_instruction(bool) { return {Word{0xD4000001}, Word{0xFFFFFFFF}, 4}; }

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

void Registers::prepare(const CallWords& words, Word at) {
  registers_.pc = at;
  registers_.regs[number_register] = number_of(words.call);
  registers_.regs[0] = words.first;
  registers_.regs[1] = words.second;
  registers_.regs[2] = words.third;
}

/// A call that is to begin again looks as if it had not begun yet.
bool Registers::are_behind_call() const { return result() == -EINTR; }

void Registers::begin_again(Word first) {
  registers_.pc -= 4;
  registers_.regs[0] = first;
}

/// Between the stop and the signals' end the kernel would do so, were the program counter left alone (do_signal in
/// arch/arm64/kernel/signal.c).
void Registers::go_on_with_rest() { registers_.regs[number_register] = 128; }  // restart_syscall(2)

std::array<Word, 2> Registers::places_of_call() const { return {registers_.pc, registers_.pc - 4}; }

bool Registers::return_here(pid_t, const Gadget&) {
  registers_.regs[link_register] = registers_.pc;
  return true;
}

}  // namespace cloexec::trace

#endif
