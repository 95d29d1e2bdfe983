// SPDX-License-Identifier: Apache-2.0

#include "shim/process/gate.h"

#include <linux/futex.h>

#include <cstdint>
#include <ctime>

#include "shim/host/descriptor.h"
#include "shim/process/borrowed.h"
#include "shim/process/phase.h"

namespace cloexec {
namespace {

/// Tells threads apart.
int own_token() { return static_cast<int>(reinterpret_cast<std::uintptr_t>(&borrowed) >> 3 | 1); }

/// Waits until `word` is not `value` any more, for so many milliseconds at most. An exec and a clone take less; more
/// is a handler that jumped out of one.
bool has_waited(int& word, int value, int milliseconds) {
  for (; milliseconds > 0; --milliseconds) {
    if (__atomic_load_n(&word, __ATOMIC_SEQ_CST) != value) return true;
    timespec wait{0, 1000000};
    raw_syscall(__NR_futex, reinterpret_cast<long>(&word), FUTEX_WAIT_PRIVATE, value, reinterpret_cast<long>(&wait));
  }
  return false;
}

void wake(int& word) {
  constexpr int all = 1 << 30;
  raw_syscall(__NR_futex, reinterpret_cast<long>(&word), FUTEX_WAKE_PRIVATE, all);
}

int giver() { return __atomic_load_n(&wiped.giver, __ATOMIC_SEQ_CST); }

/// Whether somebody is starting a process who will say when it is over.
bool has_starters() {
  const int starters = __atomic_load_n(&wiped.starters, __ATOMIC_SEQ_CST);
  // One that was given up has ended after all; a vfork child takes itself off in assembler.
  if (starters < __atomic_load_n(&wiped.abandoned, __ATOMIC_SEQ_CST))
    __atomic_store_n(&wiped.abandoned, starters, __ATOMIC_SEQ_CST);
  return starters > __atomic_load_n(&wiped.abandoned, __ATOMIC_SEQ_CST);
}

constexpr int longest_gift = 1000;  // milliseconds
constexpr int longest_start = 20;
constexpr int longest_clone = 20;

/// This thread's own gift is one that a handler has interrupted, or jumped out of.
void wait_for_giver(int other) {
  if (other != own_token() && has_waited(wiped.giver, other, longest_gift)) return;
  take_back();
  __atomic_compare_exchange_n(&wiped.giver, &other, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

}  // namespace

int* begin_start() {
  while (true) {
    __atomic_add_fetch(&wiped.starters, 1, __ATOMIC_SEQ_CST);
    const int other = giver();
    if (other == 0) return &wiped.starters;
    __atomic_sub_fetch(&wiped.starters, 1, __ATOMIC_SEQ_CST);
    wait_for_giver(other);
  }
}

void end_start() {
  if (__atomic_load_n(&wiped.starters, __ATOMIC_SEQ_CST) == 0) return;
  __atomic_sub_fetch(&wiped.starters, 1, __ATOMIC_SEQ_CST);
  if (giver() != 0) wake(wiped.starters);
}

Starting::Starting() : is_counted_(!is_vfork_child()) {
  if (is_counted_) begin_start();
}

Starting::~Starting() {
  if (is_counted_) end_start();
}

void note_shell() {
  const Starting starting;
  __atomic_add_fetch(&wiped.shells, 1, __ATOMIC_SEQ_CST);
}

void begin_giving() {
  if (is_vfork_child()) return;
  ensure_begun();
  int other = 0;
  while (!__atomic_compare_exchange_n(&wiped.giver, &other, own_token(), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    wait_for_giver(other);
    other = 0;
  }
  for (int waited = 0; waited < longest_start && has_starters(); ++waited)
    has_waited(wiped.starters, __atomic_load_n(&wiped.starters, __ATOMIC_SEQ_CST), 1);
  // What is not over by now was begun by who jumped out of it: nobody waits for that again.
  if (has_starters()) __atomic_store_n(&wiped.abandoned, wiped.starters, __ATOMIC_SEQ_CST);
  // A shell that was begun since has its descriptors by then.
  const int shells = __atomic_load_n(&wiped.shells, __ATOMIC_SEQ_CST);
  int unchanged = 0;
  if (shells != wiped.shells_seen) has_waited(unchanged, 0, longest_clone);
  wiped.shells_seen = shells;
}

bool is_giving() { return is_vfork_child() || giver() == own_token(); }

void end_giving() {
  if (is_vfork_child()) return;
  int own = own_token();
  if (__atomic_compare_exchange_n(&wiped.giver, &own, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) wake(wiped.giver);
}

void take_back() {
  const auto end = static_cast<int>(forced_end);
  for (int fd = next_forced(0); fd < end; fd = next_forced(fd + 1))
    if (const Stamp stamp = stamp_of(fd); (stamp & is_given) != 0) {
      set_close_on_exec(fd, true);
      // The program may have cleared it meanwhile for good.
      if (!change_entry(fd, stamp, stamp & ~is_given) && entry_of(fd) == noted_cleared) set_close_on_exec(fd, false);
    }
}

}  // namespace cloexec
