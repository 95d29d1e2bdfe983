// SPDX-License-Identifier: Apache-2.0
//
// Takes -z initfirst from the shim, which stands before it, and has changed the environment when the shim first sees
// it: the first variable lies elsewhere, and the last still where the kernel put it.

#include <stddef.h>

static char changed[] = "FIRST=changed";

/// libc has not set `environ` yet: this is what it will be.
__attribute__((constructor)) static void change_first(int count, char** arguments, char** environment) {
  (void)count;
  (void)arguments;
  if (environment[0] != NULL) environment[0] = changed;
}
