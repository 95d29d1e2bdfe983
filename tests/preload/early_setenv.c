// SPDX-License-Identifier: Apache-2.0
//
// Takes -z initfirst from the shim, which stands before it, and has changed the environment when the shim first sees
// it: the first variable is on the heap, and the last still where the kernel put it.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void change_first(void) {
  char name[64] = "";
  const char* const first = environ != NULL ? environ[0] : NULL;
  if (first == NULL || strcspn(first, "=") >= sizeof name) return;
  memcpy(name, first, strcspn(first, "="));
  setenv(name, "changed", 1);
}
