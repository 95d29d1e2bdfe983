// SPDX-License-Identifier: Apache-2.0
//
// A database that has come to be descriptor 2: a daemon closes that and opens its file, or is started so. It starts the
// lister as well, which has a shim of its own. Prints nothing by itself.
//
//   complaint FILE           closes 2, and opens FILE there
//   complaint                leaves 2 as it is

#include <fcntl.h>
#include <unistd.h>

#include "starts.h"

int main(int count, char** arguments) {
  if (count > 1) {
    close(2);
    if (open(arguments[1], O_RDWR) != 2) return 1;
  }
  return start_lister("fork", {}) && start_lister("spawn", {}) ? 0 : 1;
}
