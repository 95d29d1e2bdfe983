// SPDX-License-Identifier: Apache-2.0
//
// The part of glibc's popen that starts the child.

#include "families.h"

SNIPPET(_IO_proc_open, .run = run_proc_open);
