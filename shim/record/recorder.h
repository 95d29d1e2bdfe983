// SPDX-License-Identifier: Apache-2.0
//
// What an audit is told: every descriptor made, marked and closed, every program started and what it got. Each of these
// is called only when somebody audits (is_recording()). Numbers 0 to 2 are of no interest.
#pragma once

#include "policy/policy.h"
#include "shim/decide/facts.h"
#include "shim/decide/site.h"
#include "shim/record/ring.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// This process begins with what is open now. `environment`: see first_argument().
void record_start(char* const* environment);

/// `fd` is known to be open.
void note_arrived(unsigned fd);

/// `fd` was made, and whether it can be inherited. In observe mode it is noted as forced when it would be.
void record_made(const Site& site, int fd, bool is_inheritable);

/// The program has set or cleared the flag of descriptors `first` to `last`.
void record_flag(unsigned first, unsigned last, bool is_inheritable);

/// It is about to close them: a record that came later could be taken for the end of what got the number meanwhile.
void record_closed(unsigned first, unsigned last);

/// A program is about to be started.
void record_exec(const Start& about);

/// The same of the shell that libc starts in `call`.
void record_shell(const char* call);

/// A rule gives `fd` to the program that was said before; `word` tells it the number, if any does.
void record_given(int fd, const Decision& decision, std::string_view word);

/// What came of it.
void record_failed();
void record_spawned(int process);

}  // namespace cloexec
