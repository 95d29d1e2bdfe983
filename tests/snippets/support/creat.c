// SPDX-License-Identifier: Apache-2.0
//
// creat(2): an open that only writes, makes the file with its mode, and empties it.

#include <stdint.h>

#include "families.h"

typedef int creat_type(const char*, mode_t);

static int make_creat(int* fds) { return fds[0] = CALL(creat_type*)(temp_path("new"), 0641); }

const struct maker creat_maker = {.count = 1, .roles = {"fd"}, .make = make_creat};

void run_creat(void) {
  creat_type* const create = CALL(creat_type*);
  int fds[most_descriptors];
  if (made(&creat_maker, fds)) {
    char text[8];
    tell_mode("new", fds[0]);
    fact("writes=%zd", write(fds[0], "text", 4));
    RESULT("read", read(fds[0], text, sizeof text));
    fact("access=%d", fcntl(fds[0], F_GETFL) & (O_ACCMODE | O_APPEND));
    DESCRIPTOR("again", create(temp_path("new"), 0600));
    struct stat status;
    fact("is-emptied=%d", fstat(fds[0], &status) == 0 && status.st_size == 0);
    tell_mode("again", fds[0]);
    release(&creat_maker, fds);
  }
  DESCRIPTOR("directory", create(temp_path(""), 0600));
  DESCRIPTOR("missing", create(temp_path("missing/file"), 0600));
  DESCRIPTOR("bad-pointer", create((const char*)(uintptr_t)1, 0600));
  tell_limits(&creat_maker);
}

void block_creat(void) {
  if (mkfifo(temp_path("fifo"), 0600) != 0) _exit(1);
  about_to_block();
  CALL(creat_type*)(temp_path("fifo"), 0600);
}
