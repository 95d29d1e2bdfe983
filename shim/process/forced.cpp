// SPDX-License-Identifier: Apache-2.0

#include "shim/process/forced.h"

#include <iterator>

#include "shim/host/atomic.h"
#include "shim/process/borrowed.h"
#include "shim/process/phase.h"

namespace cloexec {

alignas(std::uint64_t) constinit Stamp forced_table[most_forced] = {};
constinit Stamp new_stamps[static_cast<unsigned>(Kind::anonymous) + 1] = {};
constinit unsigned forced_end = 0;
constinit unsigned ordinary_span = 0;

namespace {

constinit bool is_any_exempt = false;

/// 0: nothing is distrusted.
constinit Stamp distrusted_since = 0;

/// Without memory for a vfork child's changes nothing of the child's is proof.
[[gnu::noinline]] void set_childs_entry(unsigned number, Stamp entry) {
  if (Stamp* const table = changes(); table != nullptr)
    table[number] = entry != 0 ? entry : forgotten;
  else
    borrowed.since = 0;
}

void set_entry(unsigned number, Stamp entry) {
  if (is_vfork_child()) return set_childs_entry(number, entry);
  store(forced_table[number], entry);
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
  while (first_ordinary + span <= number) span *= 2;
  // Where that is more than the table has, the rest is noted in more instructions.
  const bool has_room = first_ordinary + span <= most_forced;
  raise(forced_end, has_room ? first_ordinary + span : number + 1);
  if (has_room && !is_any_exempt) raise(ordinary_span, span);
}

/// Makes room for a number in what is looked at.
void reach(unsigned number) {
  ensure_begun();
  // A child that borrows our memory unseen must not be the first to ask.
  process_id();
  if (number >= load(forced_end)) raise_end(number);
}

/// The lowest number from `fd` on of which something is noted; forced_end when there is none.
unsigned next_noted(unsigned fd) {
  const unsigned end = load(forced_end);
  const bool has_changes = is_vfork_child() && borrowed.table != nullptr;
  // Eight at a time: most of the table is empty, and its size is a multiple of that.
  constexpr unsigned step = 8;
  while (fd < end) {
    if (fd % step == 0 && !has_changes) {
      const Stamp* at = forced_table + fd;
      while (at < forced_table + end && (at[0] | at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) == 0)
        at += step;
      fd = static_cast<unsigned>(at - forced_table);
      if (fd >= end) break;
    }
    if (entry_of(static_cast<int>(fd)) != 0) return fd;
    ++fd;
  }
  return end;
}

}  // namespace

void have_no_ordinary() {
  is_any_exempt = true;
  // Something may have been forced before the settings were read.
  ordinary_span = 0;
}

void begin_first_epoch() {
  for (Stamp kind = 0; kind < std::size(new_stamps); ++kind) new_stamps[kind] = epoch_step | kind;
}

Stamp begin_epoch() {
  // The first has no kind. All others are raised before the epoch has begun, whoever else begins one meanwhile.
  const Stamp begun = __atomic_add_fetch(&new_stamps[0], epoch_step, __ATOMIC_SEQ_CST);
  // Once in 268 million epochs nothing is known any more.
  if (begun < epoch_step) begin_anew();
  for (Stamp kind = 1; kind < std::size(new_stamps); ++kind) raise(new_stamps[kind], begun | kind);
  return begun;
}

bool is_changed(int fd) { return is_vfork_child() && borrowed.table != nullptr && borrowed.table[fd] != 0; }

Stamp entry_of(int fd) {
  const auto number = static_cast<unsigned>(fd);
  if (number >= most_forced) return 0;
  if (is_changed(fd)) return borrowed.table[number] == forgotten ? 0 : borrowed.table[number];
  const Stamp entry = load(forced_table[number]);
  // What our parent's other threads give meanwhile is no matter of the child's.
  return is_vfork_child() && is_stamp(entry) ? entry & ~is_given : entry;
}

bool change_entry(int fd, Stamp expected, Stamp wanted) {
  const auto number = static_cast<unsigned>(fd);
  if (!is_vfork_child())
    return __atomic_compare_exchange_n(&forced_table[number], &expected, wanted, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
  if (entry_of(fd) != expected) return false;
  set_childs_entry(number, wanted);
  return borrowed.table != nullptr;
}

int next_forced(int fd) {
  const auto end = load(forced_end);
  auto number = next_noted(static_cast<unsigned>(fd));
  while (number < end && !is_forced(static_cast<int>(number))) number = next_noted(number + 1);
  return static_cast<int>(number);
}

void note_forced(int fd, Kind kind) {
  const auto number = static_cast<unsigned>(fd);
  if (number < first_ordinary || number >= most_forced) return;
  reach(number);
  const Stamp entry = entry_of(fd);
  // Calls that come before the library is ready come before the first epoch.
  if ((entry & kind_bits) != noted_marked) change_entry(fd, entry, new_stamp(kind) | static_cast<Stamp>(kind));
}

void note_entry(int fd, Stamp entry) {
  const auto number = static_cast<unsigned>(fd);
  if (number < first_ordinary || number >= most_forced) return;
  reach(number);
  set_entry(number, entry);
}

Replaced::Replaced(int number, Stamp entry)
    : number_(number), entry_(entry), before_(number < 0 ? 0 : entry_of(number)) {
  if (number < 0 || (before_ == 0 && entry == 0)) return;
  if (before_ != noted_marking) note_entry(number, entry);
}

void Replaced::put_back() const {
  if (number_ >= 0 && before_ != entry_ && entry_of(number_) == entry_) note_entry(number_, before_);
}

void forget_forced(unsigned first, unsigned last) {
  if (first < first_ordinary) first = first_ordinary;
  const auto end = load(forced_end);
  if (first == last) {
    if (first < end && entry_of(static_cast<int>(first)) != 0) set_entry(first, 0);
    return;
  }
  for (unsigned fd = first; fd <= last && fd < end; ++fd) {
    fd = next_noted(fd);
    if (fd <= last && fd < end) set_entry(fd, 0);
  }
}

void forget_since(Stamp since) {
  if (distrusted_since != 0 && distrusted_since < since) since = distrusted_since;
  distrusted_since = 0;
  for (unsigned number = first_ordinary; number < forced_end; ++number)
    if (forced_table[number] >= since) forced_table[number] = 0;
}

void distrust(Stamp since) {
  if (load(distrusted_since) == 0 || since < load(distrusted_since)) store(distrusted_since, since);
}

void trust_again(Stamp since) {
  __atomic_compare_exchange_n(&distrusted_since, &since, Stamp{0}, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

bool is_proof(Stamp stamp) {
  const Stamp distrusted = load(distrusted_since);
  return is_stamp(stamp) && (distrusted == 0 || stamp < distrusted);
}

}  // namespace cloexec
