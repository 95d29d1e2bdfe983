// SPDX-License-Identifier: Apache-2.0
//
// deny ERRNO NAME[,NAME...] -- PROGRAM [ARG...]: runs PROGRAM under a seccomp filter that answers ERRNO to these (see
// filter.h).
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/filter.h"

int main(int argc, char** argv) {
  if (argc < 5 || strcmp(argv[3], "--") != 0) {
    fprintf(stderr, "usage: deny ERRNO NAME[,NAME...] -- PROGRAM [ARG...]\n");
    return 125;
  }
  if (deny_calls(argv[1], argv[2]) != 0) return 125;
  execvp(argv[4], argv + 4);
  perror(argv[4]);
  return errno == ENOENT ? 127 : 126;
}
