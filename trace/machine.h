// SPDX-License-Identifier: Apache-2.0
//
// What differs from one architecture to another: registers, numbers of system calls, and the instruction that makes
// one.
#pragma once

#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "trace/tracee.h"

#if !defined __x86_64__ && !defined __aarch64__
#error "tracing knows x86-64, with i386 tracees, and aarch64"
#endif

namespace cloexec::trace {

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
enum class InjectedCall : std::uint8_t { close, close_range, fcntl };

/// One of them, with its arguments.
struct CallWords {
  InjectedCall call = InjectedCall::close;
  Word first = 0;
  Word second = 0;
  Word third = 0;
};

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

  /// Arranges that the instruction at `at` makes this call.
  void prepare(const CallWords& words, Word at);

  /// Whether they stand behind a system call: false too where that cannot be told.
  bool are_behind_call() const;

  /// Arranges that the call which has just given EINTR begins again, unless a signal's handler is to run first. `first`
  /// is its first argument.
  void begin_again(Word first);

  /// Arranges that a call begins again with what is left of its time, where registers have to say so.
  void go_on_with_rest();

  /// Where an instruction may be that makes a system call, as one was made there; to be looked at.
  std::array<Word, 2> places_of_call() const;

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
  Word size;  // in bytes
};
CallInstruction call_instruction(bool is_narrow);

}  // namespace cloexec::trace
