// SPDX-License-Identifier: Apache-2.0

#ifdef __x86_64__

#include "trace/machine.h"

namespace cloexec::trace {
namespace {

/// USER32_CS of the kernel (asm/segment.h).
constexpr unsigned long narrow_code_segment = 0x23;

constexpr Word number_of(InjectedCall call, bool is_narrow) {
  switch (call) {
    case InjectedCall::close:
      return is_narrow ? 6 : 3;
    case InjectedCall::fcntl:
      return is_narrow ? 55 : 72;
    case InjectedCall::close_range:
      return 436;
  }
  return 0;
}

/// Follows the instructions behind a system call, as far as they only tidy up: where the return address is then.
class Epilogue {
 public:
  Epilogue(std::string_view code, bool is_narrow) : code_(code), is_narrow_(is_narrow) {}

  /// Whether they end in a return.
  bool ends_in_return() {
    while (true) {
      const unsigned opcode = next();
      if (opcode == 0xC3) return true;  // ret
      if (!is_narrow_ && (opcode == 0x48 || opcode == 0x41 || opcode == 0x45)) {
        if (!follow_extended(opcode)) return false;
      } else if (!follow(opcode)) {
        return false;
      }
    }
  }

  Gadget::Base base() const { return base_; }
  long slot() const { return slot_; }

 private:
  unsigned next() {
    if (at_ == code_.size()) return 0;  // add (%rax), which is not followed
    return static_cast<unsigned char>(code_[at_++]);
  }
  long width() const { return is_narrow_ ? 4 : 8; }

  bool follow(unsigned opcode) {
    if (opcode == 0xC9) return from_frame(width());                             // leave
    if (opcode >= 0x58 && opcode <= 0x5F) return pop(opcode - 0x58);            // pop
    if (opcode == 0x31) return clear(next());                                   // xor %r,%r
    if (is_narrow_ && (opcode == 0x83 || opcode == 0x8D)) return move(opcode);  // add, lea
    return opcode == 0x90;                                                      // nop
  }

  /// With a REX prefix.
  bool follow_extended(unsigned prefix) {
    const unsigned opcode = next();
    if (prefix == 0x48) return move(opcode);
    if (prefix == 0x45 && opcode == 0x31) return is_clearing(next());
    constexpr unsigned none_of_the_lower = 8;
    return prefix == 0x41 && opcode >= 0x58 && opcode <= 0x5F && pop(none_of_the_lower);
  }

  /// add $byte,%sp and lea byte(%bp),%sp.
  bool move(unsigned opcode) {
    const unsigned operands = next();
    const auto byte = static_cast<signed char>(next());
    if (opcode == 0x83 && operands == 0xC4) {
      slot_ += byte;
      return true;
    }
    return opcode == 0x8D && operands == 0x65 && from_frame(byte);
  }

  bool from_frame(long distance) {
    if (!has_frame_) return false;
    has_frame_ = distance < 0;  // leave has popped it
    base_ = Gadget::Base::frame;
    slot_ = distance;
    return true;
  }

  bool pop(unsigned number) {
    constexpr unsigned stack = 4;
    constexpr unsigned frame = 5;
    if (number == frame) has_frame_ = false;
    slot_ += width();
    return number != stack;
  }

  static bool is_clearing(unsigned operands) { return operands >= 0xC0 && (operands & 7U) == (operands >> 3 & 7U); }

  bool clear(unsigned operands) {
    constexpr unsigned stack = 4;
    return is_clearing(operands) && (operands & 7U) != stack;
  }

  std::string_view code_;
  bool is_narrow_;
  std::size_t at_ = 0;
  Gadget::Base base_ = Gadget::Base::stack;
  long slot_ = 0;
  bool has_frame_ = true;
};

}  // namespace

std::optional<Gadget> find_gadget(std::string_view code, bool is_narrow) {
  const std::string_view instruction = is_narrow ? "\xCD\x80" : "\x0F\x05";
  for (std::size_t at = code.find(instruction); at != std::string_view::npos; at = code.find(instruction, at + 1)) {
    Epilogue epilogue(code.substr(at + instruction.size()), is_narrow);
    if (epilogue.ends_in_return()) return Gadget{at, epilogue.base(), epilogue.slot()};
  }
  return {};
}

CallInstruction call_instruction(bool is_narrow) { return {is_narrow ? Word{0x80CD} : Word{0x050F}, Word{0xFFFF}, 2}; }

bool Registers::read(pid_t task) { return ptrace(PTRACE_GETREGS, task, nullptr, &registers_) == 0; }

bool Registers::write(pid_t task) const { return ptrace(PTRACE_SETREGS, task, nullptr, &registers_) == 0; }

bool Registers::are_narrow() const { return registers_.cs == narrow_code_segment; }

Word Registers::program_counter() const { return registers_.rip; }

Word Registers::stack_pointer() const { return registers_.rsp; }

long Registers::result() const {
  return are_narrow() ? static_cast<int>(registers_.rax) : static_cast<long>(registers_.rax);
}

void Registers::prepare(const CallWords& words, Word at) {
  registers_.rip = at;
  registers_.orig_rax = ~0ULL;  // nothing to be restarted
  registers_.rax = number_of(words.call, are_narrow());
  if (are_narrow()) {
    registers_.rbx = words.first;
    registers_.rcx = words.second;
  } else {
    registers_.rdi = words.first;
    registers_.rsi = words.second;
  }
  // 0 is also what a new program must find there: no function to call at its end (System V ABI, process
  // initialization).
  registers_.rdx = words.third;
}

bool Registers::are_behind_call() const { return static_cast<long>(registers_.orig_rax) >= 0; }

void Registers::begin_again(Word) {
  constexpr long restart_unless_handled = 514;  // ERESTARTNOHAND of the kernel (linux/errno.h)
  registers_.rax = static_cast<Word>(-restart_unless_handled);
}

/// The kernel keeps it, as long as the call's number and its result stand in the registers.
void Registers::go_on_with_rest() {}

std::array<Word, 2> Registers::places_of_call() const { return {registers_.rip - 2, registers_.rip - 2}; }

bool Registers::return_here(pid_t task, const Gadget& gadget) {
  const Word width = are_narrow() ? 4 : 8;
  const Word stack = registers_.rsp;
  // As words are 8 bytes to the tracer, what is below goes in, too: zero, as it was.
  const Word address = are_narrow() ? registers_.rip << 32 : registers_.rip;
  if (!poke(task, stack - sizeof(Word), address)) return false;
  const Word base = stack - width - static_cast<Word>(gadget.slot);
  constexpr Word room = 256;
  registers_.rsp = gadget.base == Gadget::Base::stack ? base : stack - room;
  if (gadget.base == Gadget::Base::frame) registers_.rbp = base;
  return true;
}

}  // namespace cloexec::trace

#endif
