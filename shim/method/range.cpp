// SPDX-License-Identifier: Apache-2.0

#include "shim/method/range.h"

#include <linux/close_range.h>

#include "shim/forced.h"
#include "shim/recorder.h"

namespace cloexec {

void note_range(unsigned first, unsigned last, unsigned flags) {
  for (unsigned fd = first; fd <= last && fd < most_forced; ++fd)
    if (is_forced(static_cast<int>(fd))) note_forced(static_cast<int>(fd), false);
  if (!is_recording()) return;
  if ((flags & CLOSE_RANGE_CLOEXEC) != 0)
    record_flag(first, last, false);
  else
    record_closed(first, last);
}

}  // namespace cloexec
