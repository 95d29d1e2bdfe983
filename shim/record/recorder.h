// SPDX-License-Identifier: Apache-2.0
//
// What an audit is told: every descriptor made, marked and closed, every program started and what it got. Each of these
// is called only when somebody audits (is_recording()), and makes a record, or counts it as lost when there is no room.
// Numbers 0 to 2 are of no interest. Nothing here fails or changes errno, and but for what is said all may be called in
// a signal handler and between fork and exec.
#pragma once

#include <cerrno>

#include "policy/policy.h"
#include "shim/decide/facts.h"
#include "shim/decide/site.h"
#include "shim/record/ring.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Records that a program begins, and what is open now: some system calls a descriptor. `environment`: see
/// first_argument(). To be called at load.
void record_start(char* const* environment);

/// Notes that `fd` is known to be open, so that its close is recorded; makes no record.
void note_arrived(unsigned fd);

/// Who has made a descriptor close-on-exec, if anybody.
enum class Marked : std::uint8_t { by_shim, by_program, by_nobody };

/// Records that a call has made `fd`, and what that can be inherited by: a rule, or the allowlist. In observe mode it
/// is noted as forced when it would be.
void record_made(const Site& site, int fd, Marked marked);

/// Records that the flag of descriptors `first` to `last` was set, by whom ever but the shim.
void record_flag_set(unsigned first, unsigned last);

/// Records that the program has cleared the flag of `fd`.
void record_flag_cleared(const Site& site, int fd);

/// Records that the program is about to close descriptors `first` to `last`, if any of them is known to be open: a
/// record that came later could be taken for the end of what got the number meanwhile.
void record_closed(unsigned first, unsigned last);

/// Records that the program has used `fd` by `call`, and that it is not open: perhaps it would be, if nobody had forced
/// it. Once for each number, and when close-on-exec is enforced alone. Makes a system call to ask whether it really is
/// not open: write(2) says EBADF of what cannot be written to, too.
void record_missed(std::string_view call, int fd);

/// Does that if errno is EBADF, for a call that has failed; also when nobody audits.
inline void tell_if_missed(std::string_view call, int fd) {
  if (is_recording() && errno == EBADF) record_missed(call, fd);
}

/// Records that the program has closed `fd`, which was not open, together with those that it closes next: see
/// MissedCloses.
void record_missed_close(int fd);

/// Records what the shim has marked, when close-on-exec is enforced: some system calls a descriptor.
void record_kept();

/// Records that a program is about to be started, and record_kept().
void record_exec(const Start& about);

/// Tells readable.h what can be read, of which libc's heap grows from here on (brk(2)). To be called at load.
void note_heap();

/// Records that libc is about to start a shell in the function named `call`.
void record_shell(const char* call);

/// Records that a rule, which `decision` must have, gives `fd` to the program that the last record_exec() was about;
/// `word` tells it the number, and is empty if none does.
void record_given(int fd, const Decision& decision, std::string_view word);

/// Records that the program which was about to be started was not.
void record_failed();

/// Records that it was started as a process of its own; 0 when its id is not known.
void record_spawned(int process);

}  // namespace cloexec
