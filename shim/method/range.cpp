// SPDX-License-Identifier: Apache-2.0

#include "shim/method/range.h"

#include <linux/close_range.h>
#include <sched.h>

#include "shim/forced.h"
#include "shim/recorder.h"
#include "shim/threads.h"

namespace cloexec {

void note_range(unsigned first, unsigned last, unsigned flags) {
  if ((flags & CLOSE_RANGE_UNSHARE) != 0) note_unshare(CLONE_FILES);
  forget_forced(first, last);
  if (!is_recording()) return;
  if ((flags & CLOSE_RANGE_CLOEXEC) != 0)
    record_flag(first, last, false);
  else
    record_closed(first, last);
}

}  // namespace cloexec
