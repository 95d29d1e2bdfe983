// SPDX-License-Identifier: Apache-2.0

#include "shim/make/note.h"

#include <linux/close_range.h>
#include <sched.h>

#include "shim/process/threads.h"
#include "shim/record/recorder.h"

namespace cloexec {

void note_forced(const Site& site, int fd) {
  note_forced(fd, kind_of(site.call));
  if (is_recording()) record_made(site, fd, Marked::by_shim);
}

void note_marked(const Site& site, int fd) {
  note_entry(fd, noted_marked);
  if (is_recording()) record_made(site, fd, Marked::by_program);
}

void note_left(const Site& site, int fd) {
  forget_forced(fd);
  if (is_recording()) record_made(site, fd, Marked::by_nobody);
}

void note_flag_set(int fd) {
  note_entry(fd, noted_marked);
  if (is_recording()) record_flag_set(static_cast<unsigned>(fd), static_cast<unsigned>(fd));
}

void note_flag_cleared(const Site& site, int fd) {
  note_entry(fd, noted_cleared);
  if (is_recording()) record_flag_cleared(site, fd);
}

void note_range(unsigned first, unsigned last, unsigned flags) {
  constexpr unsigned known = CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC;
  if (first > last || (flags & ~known) != 0) return;  // EINVAL
  // Should it fail nothing is trusted that need not be distrusted.
  if ((flags & CLOSE_RANGE_UNSHARE) != 0) Sharing().note_unshare(CLONE_FILES);
  forget_forced(first, last);
  if (!is_recording()) return;
  if ((flags & CLOSE_RANGE_CLOEXEC) != 0)
    record_flag_set(first, last);
  else
    record_closed(first, last);
}

void note_closed(int fd) {
  if (fd >= 0) note_range(static_cast<unsigned>(fd), static_cast<unsigned>(fd), 0);
}

}  // namespace cloexec
