// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors are close-on-exec because the shim made them so, since when, and what they are: at an exec only
// these can be given. One word each, written whole, without a lock: its stamp, which says in which epoch the number
// was forced. A new epoch begins before anything that copies the descriptor table (fork, vfork, a gift to a program),
// so that a stamp which is older than the epoch and is still there afterwards tells that nobody closed the number
// meanwhile.
#pragma once

#include <cstdint>

#include "catalogue/call.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// What kind of object was forced. What is closed and made behind libc's back gives itself away by another.
enum class Kind : std::uint8_t { any = 1, opened, socket, pipe, anonymous };

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

/// An epoch, a kind in the lowest bits, and whether the number is being given at this moment.
using Stamp = std::uint32_t;
inline constexpr Stamp kind_bits = 7;
inline constexpr Stamp is_given = 8;
inline constexpr Stamp epoch_step = 16;

// What the table may have instead of a stamp; 0 when nothing is known of the number. A call that makes a descriptor
// stamps it when it has returned. Meanwhile a signal handler may have closed it and made another there: what the
// handler has noted must not be taken for the stamp's.
inline constexpr Stamp noted_cleared = 6;             // the program has cleared the flag
inline constexpr Stamp noted_marked = 7;              // it has made or marked the descriptor itself
inline constexpr Stamp noted_marking = 7 | is_given;  // it is about to, at this number: dup3(2)

/// Whether it is a stamp at all.
constexpr bool is_stamp(Stamp entry) { return (entry & kind_bits) - 1 < static_cast<Stamp>(Kind::anonymous); }

/// Higher numbers are forced all the same, but never given. Pages of the table cost memory when they are used.
inline constexpr unsigned most_forced = 65536;

extern constinit Stamp forced_table[most_forced];

/// What is made now is stamped with: the epoch, and by kind the kind.
extern constinit Stamp new_stamps[static_cast<unsigned>(Kind::anonymous) + 1];

[[gnu::always_inline]] inline Stamp new_stamp(Kind kind) { return new_stamps[static_cast<unsigned>(kind)]; }

/// Behind the highest number of which anything was ever noted.
extern constinit unsigned forced_end;

/// So many numbers from 3 on lie below forced_end and cannot be exempt (settings.h): a power of two, or none, as under
/// a CLOEXEC_ALLOW.
inline constexpr unsigned first_ordinary = 3;
extern constinit unsigned ordinary_span;

/// Some number from 3 on is exempt.
void have_no_ordinary();

/// To be called when the library is loaded.
void begin_first_epoch();

/// Begins an epoch; returns it. Every stamp that is there is older.
Stamp begin_epoch();

/// What the table has of `fd`; in a vfork child the child's.
Stamp entry_of(int fd);

/// The stamp of `fd`; 0 when it is not forced.
inline Stamp stamp_of(int fd) {
  const Stamp entry = entry_of(fd);
  return is_stamp(entry) ? entry : 0;
}

/// Replaces what the table has unless that is other than `expected`; whether it did.
bool change_entry(int fd, Stamp expected, Stamp wanted);

/// Whether this is a vfork child that has changed it since it began.
bool is_changed(int fd);

inline bool is_forced(int fd) { return stamp_of(fd) != 0; }

/// The lowest forced descriptor from `fd` on; forced_end when there is none.
int next_forced(int fd);

/// Notes that the shim has made `fd` close-on-exec, unless the program has marked that number meanwhile.
void note_forced(int fd, Kind kind);

/// Notes what the program has done to `fd`: one of these.
void note_entry(int fd, Stamp entry);

/// What is noted of the number that dup2(2) or dup3(2) is told, from before the call on; should it fail, nothing has
/// changed. Nothing for a negative number.
class Replaced {
 public:
  /// `entry`: noted_marking, or 0 for a call that is going to force the number. Who is about to mark it goes before.
  Replaced(int number, Stamp entry);
  void put_back() const;

 private:
  int number_;
  Stamp entry_;
  Stamp before_;
};

/// Notes that what `first` to `last` are, and their flags, is the program's own business from now on. To be called
/// before they are closed: later it could be said of what got the number next.
void forget_forced(unsigned first, unsigned last);

inline void forget_forced(int fd) { forget_forced(static_cast<unsigned>(fd), static_cast<unsigned>(fd)); }

/// Forgets every stamp that is not older than `since`, or distrusted: then there is nothing to distrust any more. For a
/// process that has this table for itself.
void forget_since(Stamp since);

/// From `since` on stamps prove nothing any more: two descriptor tables share this one.
void distrust(Stamp since);

/// That was said for a call that has failed; unless it was said of earlier ones, too.
void trust_again(Stamp since);

/// Whether a stamp proves, in this process, that the number is what was forced then.
bool is_proof(Stamp stamp);

}  // namespace cloexec
