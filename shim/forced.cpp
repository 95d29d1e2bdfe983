// SPDX-License-Identifier: Apache-2.0

#include "shim/forced.h"

#include <cstring>

#include "shim/borrowed.h"
#include "shim/memory.h"
#include "shim/phase.h"
#include "shim/state.h"

namespace cloexec {

alignas(std::uint64_t) constinit Stamp forced_table[most_forced] = {};
constinit Stamp epoch = 0;
constinit unsigned forced_end = 0;
constinit unsigned plain_span = 0;
constinit thread_local Borrowed borrowed;

namespace {

constinit bool is_any_exempt = false;

/// 0: nothing is distrusted.
constinit Stamp distrusted_since = 0;

/// In a vfork child's table of changes: the number is not forced any more. No stamp, for it has no kind.
constexpr Stamp forgotten = is_given;
constexpr std::size_t table_size = sizeof forced_table;

/// The vfork child's changes, for the first of which there must be memory. Without any nothing of the child's is proof.
Stamp* changes() {
  if (borrowed.table == nullptr) borrowed.table = static_cast<Stamp*>(map_memory(table_size));
  return borrowed.table;
}

/// A child's child has changes of its own.
void use_changes(Stamp* table) {
  if (borrowed.table != nullptr && borrowed.table != table) unmap_memory(borrowed.table, table_size);
  borrowed.table = table;
}

Stamp& since_of_child() { return borrowed.frames[borrowed.depth > 0 ? borrowed.depth - 1 : 0].since; }

[[gnu::noinline]] void set_childs_stamp(unsigned number, Stamp stamp) {
  if (Stamp* const table = changes(); table != nullptr)
    table[number] = stamp != 0 ? stamp : forgotten;
  else
    since_of_child() = 0;
}

void set_stamp(unsigned number, Stamp stamp) {
  if (is_vfork_child()) return set_childs_stamp(number, stamp);
  store(forced_table[number], stamp);
}

/// Another thread may have raised it further meanwhile.
void raise(unsigned& object, unsigned wanted) {
  unsigned value = load(object);
  while (value < wanted &&
         !__atomic_compare_exchange_n(&object, &value, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

[[gnu::noinline]] void raise_end(unsigned number) {
  constexpr unsigned least = 32;
  unsigned span = least;
  while (first_plain + span <= number) span *= 2;
  // Where that is more than the table has, the rest is noted in more instructions.
  const bool has_room = first_plain + span <= most_forced;
  raise(forced_end, has_room ? first_plain + span : number + 1);
  if (has_room && !is_any_exempt) raise(plain_span, span);
}

}  // namespace

void have_no_plain() {
  is_any_exempt = true;
  // Something may have been forced before the settings were read.
  plain_span = 0;
}

Stamp begin_epoch() {
  const Stamp begun = __atomic_add_fetch(&epoch, epoch_step, __ATOMIC_SEQ_CST);
  // Once in 268 million epochs nothing is known any more.
  if (begun < epoch_step) begin_anew();
  return begun;
}

bool is_changed(int fd) { return is_vfork_child() && borrowed.table != nullptr && borrowed.table[fd] != 0; }

Stamp stamp_of(int fd) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= most_forced) return 0;
  if (is_changed(fd)) return borrowed.table[number] == forgotten ? 0 : borrowed.table[number];
  return load(forced_table[number]);
}

bool change_stamp(int fd, Stamp expected, Stamp wanted) {
  const auto number = static_cast<unsigned>(fd);
  if (!is_vfork_child())
    return __atomic_compare_exchange_n(&forced_table[number], &expected, wanted, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
  if (stamp_of(fd) != expected || changes() == nullptr) return false;
  borrowed.table[number] = wanted;
  return true;
}

int next_forced(int fd) {
  const int end = static_cast<int>(load(forced_end));
  const bool has_changes = is_vfork_child() && borrowed.table != nullptr;
  // Eight at a time: most of the table is empty.
  constexpr int step = 8;
  while (fd < end) {
    if (fd % step == 0 && !has_changes) {
      const Stamp* at = forced_table + fd;
      while (at + step <= forced_table + end && (at[0] | at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) == 0)
        at += step;
      fd = static_cast<int>(at - forced_table);
      if (fd >= end) break;
    }
    if (is_forced(fd)) return fd;
    ++fd;
  }
  return end;
}

void note_forced(int fd, Kind kind) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= most_forced) return;
  ensure_begun();
  // A child that borrows our memory unseen must not be the first to ask.
  process_id();
  if (number >= load(forced_end)) raise_end(number);
  set_stamp(number, load(epoch) | static_cast<Stamp>(kind));
}

void forget_forced(unsigned first, unsigned last) {
  const auto end = load(forced_end);
  if (first == last) {
    if (first < end && is_forced(static_cast<int>(first))) set_stamp(first, 0);
    return;
  }
  for (unsigned fd = first; fd <= last && fd < end; ++fd) {
    fd = static_cast<unsigned>(next_forced(static_cast<int>(fd)));
    if (fd <= last && fd < end) set_stamp(fd, 0);
  }
}

void forget_since(Stamp since) {
  if (distrusted_since != 0 && distrusted_since < since) since = distrusted_since;
  distrusted_since = 0;
  for (unsigned number = 0; number < forced_end; ++number)
    if (forced_table[number] >= since) forced_table[number] = 0;
}

void distrust(Stamp since) {
  if (load(distrusted_since) == 0 || since < load(distrusted_since)) store(distrusted_since, since);
}

bool is_proof(Stamp stamp) {
  const Stamp distrusted = load(distrusted_since);
  return stamp != 0 && (distrusted == 0 || stamp < distrusted);
}

VforkFrame* begin_vfork() {
  if (!is_vfork_child()) {
    borrowed.depth = 0;
    // A handler may have jumped out of the end of an earlier one.
    use_changes(nullptr);
  }
  Stamp* const table_before = borrowed.table;
  if (borrowed.depth == most_nested) return nullptr;
  if (table_before != nullptr) {
    auto* const copy = static_cast<Stamp*>(map_memory(table_size));
    if (copy == nullptr) return nullptr;
    std::memcpy(copy, table_before, load(forced_end) * sizeof(Stamp));
    borrowed.table = copy;
  }
  VforkFrame& frame = borrowed.frames[borrowed.depth++];
  frame.child = &borrowed.child;
  frame.has_begun = 0;
  frame.child_before = borrowed.child;
  frame.since = begin_epoch();
  // Where there was no memory for what our own parent changed, nothing is proof for us either.
  if (borrowed.depth > 1 && borrowed.frames[borrowed.depth - 2].since == 0) frame.since = 0;
  frame.table_before = table_before;
  return &frame;
}

void end_vfork(VforkFrame* frame) {
  borrowed.child = frame->child_before;
  if (borrowed.depth > 0) --borrowed.depth;
  use_changes(frame->table_before);
}

}  // namespace cloexec
