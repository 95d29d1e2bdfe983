// SPDX-License-Identifier: Apache-2.0
//
// What an audit is told: every descriptor made, marked and closed, every program started and what it got. Each of these
// is called only when somebody audits (is_recording()), and makes a record, or counts it as lost when there is no room.
// Numbers 0 to 2 are of no interest. Nothing here fails or changes errno, and but for what is said all may be called in
// a signal handler and between fork and exec.
#pragma once

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

/// Records that a call has made `fd`, and whether it can be inherited, and by which rule. In observe mode it is noted
/// as forced when it would be.
void record_made(const Site& site, int fd, bool is_inheritable);

/// Records that the program has set or cleared the flag of descriptors `first` to `last`.
void record_flag(unsigned first, unsigned last, bool is_inheritable);

/// Records that the program is about to close descriptors `first` to `last`, if any of them is known to be open: a
/// record that came later could be taken for the end of what got the number meanwhile.
void record_closed(unsigned first, unsigned last);

/// Records that a program is about to be started. Its name and argv[0] are read: a bad pointer faults here.
void record_exec(const Start& about);

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
