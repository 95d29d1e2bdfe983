// SPDX-License-Identifier: Apache-2.0
//
// What starts a shell inside libc, and is a cancellation point: nothing is given to it, and nothing here would have to
// be undone.

#include "shim/interpose/interpose.h"
#include "shim/process/gate.h"
#include "shim/record/recorder.h"

using namespace cloexec;

INTERPOSE(int, system, const char* command) {
  if (is_recording() && command != nullptr) record_shell("system");
  note_shell();
  return next_system(command);
}

INTERPOSE(int, wordexp, const char* words, wordexp_t* expansion, int flags) {
  note_shell();
  return next_wordexp(words, expansion, flags);
}
