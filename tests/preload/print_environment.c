// SPDX-License-Identifier: Apache-2.0
//
// Says what environment it was started with.

#include <stdio.h>

extern char** environ;

int main(void) {
  for (char** entry = environ; *entry != NULL; ++entry) puts(*entry);
}
