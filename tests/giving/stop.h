// SPDX-License-Identifier: Apache-2.0
//
// Stops this thread at a system call until another has acted: what comes by chance between two instructions comes
// there each time (seccomp_unotify(2)).
#pragma once

#include <linux/seccomp.h>

#include <initializer_list>

/// Of which the argument at `place`, from 0 on, has `value` among `bits`.
struct StopAt {
  long number;
  unsigned place;
  unsigned bits;
  unsigned value;
};

/// From now on `act` is called, in a thread that is made here and has all signals blocked, whenever the calling thread,
/// or a process that it has started, is at one of these system calls. It says whether the call may go on; if not, it
/// has sent that thread a signal. Ends the process where the kernel cannot do that (Linux 5.5).
void stop_at(std::initializer_list<StopAt> calls, bool (*act)(const seccomp_data& call));
