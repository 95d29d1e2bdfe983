// SPDX-License-Identifier: Apache-2.0
//
// What differs from one architecture to another: registers, numbers of system calls, and the instruction that makes
// one.
#pragma once

#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "supervise/tracee.h"

#if !defined __x86_64__ && !defined __aarch64__
#error "the supervisor knows x86-64, with i386 tracees, and aarch64"
#endif

namespace cloexec::supervise {

/// A place in the vdso where a system call is made, and soon after it a return that changes nothing which a new program
/// looks at. A tracee that is sent there goes on as it should even if its tracer dies meanwhile.
struct Gadget {
  enum class Base : std::uint8_t {
    stack,  // the return address is `slot` bytes above the stack pointer
    frame,  // above the frame pointer
    link,   // in a register
  };
  Word offset = 0;  // of the instruction
  Base base = Base::stack;
  long slot = 0;
};

/// The first in `code`; `is_narrow`: it is 32-bit code of a 64-bit machine.
std::optional<Gadget> find_gadget(std::string_view code, bool is_narrow);

/// The calls that are made in tracees.
enum class InjectedCall : std::uint8_t { close, close_range };

/// The registers of a stopped tracee.
class Registers {
 public:
  /// False when it is gone, or of an architecture that is not known.
  bool read(pid_t task);
  bool write(pid_t task) const;

  bool are_narrow() const;
  Word program_counter() const;
  Word stack_pointer() const;

  /// What the system call that has just ended returned: negative is an errno.
  long result() const;

  /// Arranges that the instruction at `at` makes this call, with 0 as third argument.
  void prepare(InjectedCall call, Word first, Word second, Word at);

  /// Arranges that a return behind `gadget` leads to where these registers stand now, the stack pointer too. Writes to
  /// the unused stack of `task`; whether it could.
  bool return_here(pid_t task, const Gadget& gadget);

 private:
  user_regs_struct registers_;
};

/// The instruction that makes a system call, for where there is no gadget.
struct CallInstruction {
  Word bytes;
  Word mask;
};
CallInstruction call_instruction(bool is_narrow);

}  // namespace cloexec::supervise
