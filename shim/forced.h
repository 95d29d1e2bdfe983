// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors are close-on-exec because the shim made them so, since when, and what they are: at an exec only
// these can be given. One word each, written whole, without a lock: its stamp, which says in which epoch the number
// was forced. A new epoch begins before anything that copies the descriptor table (fork, vfork, a gift to a program),
// so that a stamp which is older than the epoch and is still there afterwards tells that nobody closed the number
// meanwhile.
#pragma once

#include <cstdint>

#include "policy/call.h"

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

/// An epoch, a kind in the lowest bits, and whether the number is being given at this moment. 0: it is not forced.
using Stamp = std::uint32_t;
inline constexpr Stamp kind_bits = 7;
inline constexpr Stamp is_given = 8;
inline constexpr Stamp epoch_step = 16;

/// Higher numbers are forced all the same, but never given. Pages of the table cost memory when they are used.
inline constexpr unsigned most_forced = 65536;

extern constinit Stamp forced_table[most_forced];

/// The epoch in which what is made now is stamped.
extern constinit Stamp epoch;

/// Behind the highest number that was ever stamped.
extern constinit unsigned forced_end;

/// So many numbers from 3 on lie below forced_end and cannot be exempt (settings.h): a power of two, or none, as under
/// a CLOEXEC_ALLOW.
inline constexpr unsigned first_plain = 3;
extern constinit unsigned plain_span;

/// Some number from 3 on is exempt.
void have_no_plain();

/// Begins an epoch; returns it. Every stamp that is there is older.
Stamp begin_epoch();

/// The stamp of `fd`, which in a vfork child is the child's.
Stamp stamp_of(int fd);

/// Replaces that stamp unless it is another than `expected`; whether it did.
bool change_stamp(int fd, Stamp expected, Stamp wanted);

/// Whether this is a vfork child that has changed it since it began.
bool is_changed(int fd);

inline bool is_forced(int fd) { return stamp_of(fd) != 0; }

/// The lowest forced descriptor from `fd` on; forced_end when there is none.
int next_forced(int fd);

/// Notes that the shim has made `fd` close-on-exec.
void note_forced(int fd, Kind kind);

/// Notes that what `first` to `last` are, and their flags, is the program's own business from now on. To be called
/// before they are closed: later it could be said of what got the number next.
void forget_forced(unsigned first, unsigned last);

inline void forget_forced(int fd) { forget_forced(static_cast<unsigned>(fd), static_cast<unsigned>(fd)); }

/// Forgets every stamp that is not older than `since`, or distrusted: then there is nothing to distrust any more. For a
/// process that has this table for itself.
void forget_since(Stamp since);

/// From `since` on stamps prove nothing any more: two descriptor tables share this one.
void distrust(Stamp since);

/// Whether a stamp proves, in this process, that the number is what was forced then.
bool is_proof(Stamp stamp);

}  // namespace cloexec
