// SPDX-License-Identifier: Apache-2.0

#include "shim/record/stack/copy.h"

#include <cstring>

#include "shim/process/borrowed.h"
#include "shim/process/phase.h"
#include "shim/record/stack/bounds.h"
#include "shim/record/stack/objects.h"
#include "shim/record/stack/registers.h"

namespace cloexec {
namespace {

using Address = std::uintptr_t;
using audit::Stack;

constinit audit::Ring* stack_ring = nullptr;
constinit Stack* stacks = nullptr;
constinit std::uint32_t stack_mask = 0;

/// Less is a number.
constexpr Address lowest_address = 0x10000;
#ifdef __LP64__
constexpr Address addresses_end = Address{1} << 48U;
constexpr Address area_size = Address{1} << 36U;
#else
constexpr Address addresses_end = ~Address{0};
constexpr Address area_size = Address{1} << 30U;
#endif

/// Where objects are: the program, and from some way below this library on, which is among what is mapped first, and
/// highest. Numbers and texts are sorted out by that.
constinit Range program_area;
constinit Range library_area;
constinit Range ring_area;

/// Without what signs a return address (PAC) or tags a pointer.
Address plain(Address word) { return Machine::has_signed_addresses ? word & (addresses_end - 1) : word; }

/// The last stack that this thread has left. A program that opens many files does so from one place.
struct Last {
  std::uint64_t fingerprint;
  std::uint32_t ticket;
  int process;
};
constinit thread_local Last last = {};

/// This process, where the reader knows its threads apart by what they say; else 0.
int process_that_repeats() { return is_vfork_child() || shares_memory() ? 0 : wiped.recorded; }

Stack* claim_stack(std::uint32_t& ticket) {
  for (unsigned attempt = 0; attempt < audit::most_attempts; ++attempt) {
    ticket = __atomic_fetch_add(&stack_ring->next_stack, 1, __ATOMIC_RELAXED);
    Stack* const stack = stacks + (ticket & stack_mask);
    std::uint32_t expected = __atomic_load_n(&stack->state, __ATOMIC_RELAXED);
    if (expected != audit::is_free) continue;
    if (!__atomic_compare_exchange_n(&stack->state, &expected, audit::is_claimed, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
      continue;
    stack->ticket = ticket;
    return stack;
  }
  __atomic_fetch_add(&stack_ring->lost_stacks, 1, __ATOMIC_RELAXED);
  return nullptr;
}

/// The objects that the words of one stack point into.
class Objects {
 public:
  explicit Objects(Stack& stack) : stack_(stack) {}

  std::uint16_t size() const { return size_; }
  bool are_cut() const { return are_cut_; }

  /// Whether `address` is in the code of one, which is noted.
  [[gnu::always_inline]] bool have_code_at(Address address) {
    // The last one's again, most often.
    for (unsigned i = count_; i-- > 0;)
      if (objects_[i]->range.contains(address)) return objects_[i]->code.contains(address);
    return look_for_code_at(address);
  }

 private:
  static constexpr unsigned most = 24;
  static constexpr unsigned most_pages = 16;
  static constexpr unsigned page_bits = 12;

  [[gnu::noinline]] bool look_for_code_at(Address address) {
    const Address page = address >> page_bits;
    Address& known = pages_[page % most_pages];
    if (known == page) return false;
    // The last is for those that have no room.
    const Object* const object = object_at(address, own_[count_]);
    if (object == nullptr) {
      known = page;
      return false;
    }
    add(*object);
    return object->code.contains(address);
  }

  void add(const Object& object) {
    const audit::Module module{object.range.begin, object.range.end, object.bias, object.build_id,
                               static_cast<std::uint32_t>(object.path_size)};
    if (count_ == most || module.path_size > sizeof stack_.modules ||
        size_ + sizeof module + module.path_size > sizeof stack_.modules) {
      are_cut_ = true;
      return;
    }
    objects_[count_++] = &object;
    __builtin_memcpy(stack_.modules + size_, &module, sizeof module);
    std::memcpy(stack_.modules + size_ + sizeof module, object.path, object.path_size);
    size_ = static_cast<std::uint16_t>(size_ + sizeof module + module.path_size);
  }

  Stack& stack_;
  unsigned count_ = 0;
  std::uint16_t size_ = 0;
  bool are_cut_ = false;
  Address pages_[most_pages] = {};  // in which there is no object
  const Object* objects_[most];     // the first `count_`
  // Nothing is cleared that is not used.
  union {
    Object own_[most + 1];
  };
};

/// What of a stack can be looked through.
struct Part {
  Address begin;
  Address end;
  bool is_cut;
};

Part part_from(Address begin) {
  const Address end = readable_end(begin);
  const bool is_long = end - begin > audit::most_stack;
  return {begin, is_long ? begin + audit::most_stack : end, is_long};
}

Address word_at(Address here) { return plain(*reinterpret_cast<const Address*>(here)); }

/// A frame that was saved is further up.
bool is_frame(Address word, Address here) { return word - here - 1 < audit::most_stack; }

/// What stacks of which the same would be copied have in common. Without a look at what the addresses are.
[[gnu::noinline]] std::uint64_t fingerprint(const Part& part, const std::uint64_t* registers) {
  std::uint64_t hash = 0;
  const auto add = [&hash](std::uint64_t word) {
    // As FNV-1a, but a word at a time, and with what a product does not spread: its upper half.
    hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32U;
  };
  for (std::size_t i = 0; i < register_count; ++i) add(registers[i]);
  const Range program = program_area;
  const Range libraries = library_area;
  // Where this library has written last differs each time.
  const Range records = ring_area;
  for (Address here = part.begin; here + sizeof(Address) <= part.end; here += sizeof(Address)) {
    const Address word = word_at(here);
    if (records.contains(word)) continue;
    if (libraries.contains(word) || program.contains(word) || is_frame(word, here))
      add(word ^ std::uint64_t{here} << 32U);
  }
  return hash;
}

/// Nothing is read back from the ring, where others may write meanwhile.
[[gnu::noinline]] void fill(Stack& stack, const Part& part, const std::uint64_t* registers) {
  Address end = part.end;
  bool is_cut = part.is_cut;
  Objects objects(stack);
  objects.have_code_at(static_cast<Address>(registers[program_counter_place]));
  objects.have_code_at(static_cast<Address>(stack.caller));
  const Range program = program_area;
  const Range libraries = library_area;
  unsigned found = 0;
  bool is_behind_frame = false;
  for (Address here = part.begin; here + sizeof(Address) <= end; here += sizeof(Address)) {
    const Address word = word_at(here);
    const bool was_behind_frame = is_behind_frame;
    // qemu's user mode puts a 32-bit program right above the stack.
    is_behind_frame = is_frame(word, here) && !program.contains(word);
    if (!is_behind_frame) {
      const bool may_be_code = libraries.contains(word) || program.contains(word);
      // Code that was compiled as the program ran is in no object: what is behind a saved frame may return there.
      const bool may_be_compiled = was_behind_frame && word - lowest_address < addresses_end - lowest_address;
      if (!may_be_compiled && !may_be_code) continue;
      if (!(may_be_code && objects.have_code_at(word)) && !may_be_compiled) continue;
    }
    if (found == audit::most_words) {
      end = here;
      is_cut = true;
      break;
    }
    stack.words[found++] = audit::pack((here - part.begin) / sizeof(Address), word);
  }
  stack.machine = own_machine;
  stack.begin = part.begin;
  stack.end = end;
  stack.word_count = static_cast<std::uint16_t>(found);
  stack.modules_size = objects.size();
  stack.is_cut = is_cut || objects.are_cut() ? 1 : 0;
  __builtin_memcpy(stack.registers, registers, register_count * sizeof *registers);
}

}  // namespace

bool find_stacks(audit::Ring* mapped, std::size_t size, std::uint32_t records) {
  // Asked once: others write to it meanwhile.
  const std::uint32_t count = __atomic_load_n(&mapped->stack_count, __ATOMIC_RELAXED);
  const std::uint64_t before = sizeof(audit::Ring) + std::uint64_t{records} * sizeof(audit::Record);
  if ((count & (count - 1)) != 0 || size < before + std::uint64_t{count} * sizeof(Stack)) return false;
  if (count == 0) return true;
  stacks = audit::stacks_of(mapped, records);
  stack_mask = count - 1;
  const auto begin = reinterpret_cast<Address>(mapped);
  const auto own = reinterpret_cast<Address>(&stacks);
  ring_area = {begin, begin + size};
  program_area = program_range();
  library_area = {own > area_size ? own - area_size : lowest_address, addresses_end};
  stack_ring = mapped;
  return true;
}

// The registers are those of this function, whose frame the reader finds its way out of.
StackCopy::StackCopy(const void* caller) {
  if (stack_ring == nullptr) return;
  std::uint64_t registers[register_count];
  if constexpr (sizeof(long) < sizeof *registers) std::memset(registers, 0, sizeof registers);  // the upper halves
  cloexec_save_registers(registers);
  const Part part = part_from(static_cast<Address>(registers[stack_pointer_place]));
  fingerprint_ = fingerprint(part, registers);
  if (last.process != 0 && last.process == process_that_repeats() && last.fingerprint == fingerprint_) {
    ticket_ = last.ticket;
    is_repeated_ = true;
    return;
  }
  stack_ = claim_stack(ticket_);
  if (stack_ == nullptr) return;
  stack_->caller = reinterpret_cast<Address>(caller);
  fill(*stack_, part, registers);
}

void StackCopy::name_in(const Entry& entry) const {
  if (stack_ == nullptr && !is_repeated_) return;
  if (entry) {
    entry->ticket_seen = ticket_;
    entry->flags |= audit::has_stack;
  }
  if (is_repeated_) return;
  __atomic_store_n(&stack_->state, entry ? audit::is_ready : audit::is_free, __ATOMIC_RELEASE);
  // A handler that comes between finds nothing that it could repeat.
  last.process = 0;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  last.fingerprint = fingerprint_;
  last.ticket = ticket_;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (entry) last.process = process_that_repeats();
}

}  // namespace cloexec
