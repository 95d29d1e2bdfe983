// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors are close-on-exec because the shim made them so, since when, and what they are: at an exec only
// these can be given. One word each, written whole, without a lock: its stamp, which says in which epoch the number
// was forced. A new epoch begins before anything that copies the descriptor table (fork, vfork, a gift to a program),
// so that a stamp which is older than the epoch and is still there afterwards tells that nobody closed the number
// meanwhile.
//
// Nothing here fails or changes errno, and all may be called in a signal handler and between fork and exec, but where
// it says otherwise.
#pragma once

#include <cstdint>

#include "catalogue/call.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What kind of object was forced. What is closed and made behind libc's back gives itself away by another.
enum class Kind : std::uint8_t { any = 1, opened, socket, pipe, anonymous };

/// The kind of what a call makes; `any` where that differs from call to call.
constexpr Kind kind_of(Call call) {
  switch (family_of(call)) {
    case Family::open:
    case Family::stdio:
      return call == Call::popen || call == Call::_IO_popen || call == Call::_IO_proc_open ? Kind::pipe : Kind::opened;
    case Family::socket:
    case Family::accept:
      return Kind::socket;
    case Family::pipe:
      return Kind::pipe;
    case Family::event:
      return Kind::anonymous;
    default:
      return Kind::any;
  }
}

/// An epoch, a kind in the lowest bits, and whether the number is being given at this moment. Of two the later is
/// greater.
using Stamp = std::uint32_t;
inline constexpr Stamp kind_bits = 7;    // where the kind is
inline constexpr Stamp is_given = 8;     // the bit of what is being given
inline constexpr Stamp epoch_step = 16;  // from an epoch to the next

// What the table may have instead of a stamp; 0 when nothing is known of the number. A call that makes a descriptor
// stamps it when it has returned. Meanwhile a signal handler may have closed it and made another there: what the
// handler has noted must not be taken for the stamp's.
inline constexpr Stamp noted_cleared = 6;             // the program has cleared the flag
inline constexpr Stamp noted_marked = 7;              // it has made or marked the descriptor itself
inline constexpr Stamp noted_marking = 7 | is_given;  // it is about to, at this number: dup3(2)

/// Whether an entry of the table is a stamp at all, and neither 0 nor one of the notes.
constexpr bool is_stamp(Stamp entry) { return (entry & kind_bits) - 1 < static_cast<Stamp>(Kind::anonymous); }

/// Numbers that the table has entries for. Higher ones are forced all the same, but never given. Pages of the table
/// cost memory when they are used.
inline constexpr unsigned most_forced = 65536;

/// What is known of each number, by number: a stamp, a note, or 0. In a vfork child it is the parent's: see entry_of().
extern constinit Stamp forced_table[most_forced];

/// The stamps of what is made now, by kind: the epoch, and the kind. The first is the epoch alone. All 0 before
/// begin_first_epoch().
extern constinit Stamp new_stamps[static_cast<unsigned>(Kind::anonymous) + 1];

/// The stamp of an object of this kind that is made now.
[[gnu::always_inline]] inline Stamp new_stamp(Kind kind) { return new_stamps[static_cast<unsigned>(kind)]; }

/// A number behind the highest of which anything was ever noted; it only grows.
extern constinit unsigned forced_end;

/// The lowest number that is not exempt in every process (settings.h).
inline constexpr unsigned first_ordinary = 3;

/// How many numbers from first_ordinary on lie below forced_end and cannot be exempt: a power of two, or 0, as under a
/// CLOEXEC_ALLOW.
extern constinit unsigned ordinary_span;

/// Says that some number from 3 on is exempt: ordinary_span stays 0 from now on. To be called when the settings are
/// read.
void have_no_ordinary();

/// Begins the first epoch of a program. To be called when the library is loaded.
void begin_first_epoch();

/// Begins an epoch and returns it: every stamp that is there is less, every later one is not. When they have run out,
/// once in 268 million, all that was known is forgotten (begin_anew()).
Stamp begin_epoch();

/// The entry of `fd`, in a vfork child the child's; 0 for a number that has none.
Stamp entry_of(int fd);

/// The stamp of `fd`; 0 when it is not forced.
inline Stamp stamp_of(int fd) {
  const Stamp entry = entry_of(fd);
  return is_stamp(entry) ? entry : 0;
}

/// Replaces the entry of `fd`, which must have one, unless it is other than `expected`; whether it did. In one step,
/// but in a vfork child, whose changes nobody else writes.
bool change_entry(int fd, Stamp expected, Stamp wanted);

/// Whether this is a vfork child that has changed the entry of `fd`, which must have one, since it began.
bool is_changed(int fd);

/// Whether `fd` is close-on-exec because of the shim, as far as is known.
inline bool is_forced(int fd) { return stamp_of(fd) != 0; }

/// The lowest forced descriptor from `fd` on; forced_end when there is none.
int next_forced(int fd);

/// Notes that the shim has made `fd` close-on-exec, unless the program has marked that number meanwhile. Nothing for a
/// number that has no entry, or below 3.
void note_forced(int fd, Kind kind);

/// Notes what the program has done to `fd`: `entry` is one of noted_*, or 0. Nothing for a number that has no entry, or
/// below 3.
void note_entry(int fd, Stamp entry);

/// The entry of the number that dup2(2) or dup3(2) is told, from before the call on; should that fail, it can be put
/// back. Nothing for a negative number.
class Replaced {
 public:
  /// Replaces what is noted by `entry`: noted_marking, or 0 for a call that is going to force the number. Where
  /// somebody is about to mark it already, as a call that a handler has interrupted, that stays.
  Replaced(int number, Stamp entry);
  /// Says that the call has failed: what was noted before it holds again, unless something else was noted since.
  void put_back() const;

 private:
  int number_;
  Stamp entry_;
  Stamp before_;
};

/// Notes that what `first` to `last` are, and their flags, is the program's own business from now on. To be called
/// before they are closed: later it could be said of what got the number next.
void forget_forced(unsigned first, unsigned last);

/// forget_forced() of one number.
inline void forget_forced(int fd) { forget_forced(static_cast<unsigned>(fd), static_cast<unsigned>(fd)); }

/// Forgets every entry that is not less than `since`, or distrusted: then there is nothing to distrust any more. For a
/// process that has this table for itself.
void forget_since(Stamp since);

/// Says that stamps from epoch `since` on prove nothing any more: two descriptor tables share this one.
void distrust(Stamp since);

/// Takes back distrust(since), for a call that has failed; nothing where earlier stamps are distrusted, too.
void trust_again(Stamp since);

/// Whether a stamp proves, in this process, that the number is what was forced then.
bool is_proof(Stamp stamp);

}  // namespace cloexec
