// SPDX-License-Identifier: Apache-2.0
//
// pipe(2) and pipe2(2).

#include "families.h"

typedef int plain_type(int*);
typedef int flags_type(int*, int);

static int make_pipe(int* fds) {
  return subject.kind == pipe_plain ? CALL(plain_type*)(fds) : CALL(flags_type*)(fds, 0);
}

const struct maker pipe_maker = {.count = 2, .roles = {"read end", "write end"}, .make = make_pipe};

static void tell_flags(void) {
  flags_type* const make = CALL(flags_type*);
  int ends[2] = {-7, -7};
  char byte;
  RESULT("nonblocking", make(ends, O_NONBLOCK));
  tell_flag("nonblocking read end", ends[0]);
  RESULT("nonblocking read", read(ends[0], &byte, 1));
  close(ends[0]);
  close(ends[1]);
  RESULT("asked", make(ends, O_CLOEXEC | O_NONBLOCK));
  tell_flag("asked read end", ends[0]);
  tell_flag("asked write end", ends[1]);
  close(ends[0]);
  close(ends[1]);
  ends[0] = ends[1] = -7;
  RESULT("unknown-flag", make(ends, O_APPEND));
  RESULT("unknown-flag-asked", make(ends, O_APPEND | O_CLOEXEC));
  RESULT("bad-pointer", make(NULL, 0));
  fact("ends-kept=%d", ends[0] == -7 && ends[1] == -7);
  const int saved = free_zero();
  RESULT("asked", make(ends, O_CLOEXEC));
  tell_flag("asked read end", ends[0]);
  close(ends[1]);
  restore_zero(saved);
}

void run_pipe(void) {
  int ends[most_descriptors];
  if (made(&pipe_maker, ends)) {
    tell_carries("pipe", ends[1], ends[0]);
    release(&pipe_maker, ends);
  }
  if (subject.kind == pipe_plain)
    RESULT("bad-pointer", CALL(plain_type*)(NULL));
  else
    tell_flags();
  tell_limits(&pipe_maker);
}
