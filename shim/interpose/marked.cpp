// SPDX-License-Identifier: Apache-2.0
//
// What libc makes close-on-exec by itself and leaves open. It may get a number that the shim once forced and the
// program has closed since: it must not be taken for what the shim has made so. (close(2) could tell, but is called as
// often as all else together.)

#include <dirent.h>
#include <mqueue.h>
#include <sys/mman.h>

#include "shim/interpose.h"
#include "shim/method/or_syscall.h"
#include "shim/recorder.h"

using namespace cloexec;

namespace {

int marked(int fd) {
  note_forced(fd, false);
  if (is_recording() && fd >= 0) record_flag(static_cast<unsigned>(fd), static_cast<unsigned>(fd), false);
  return fd;
}

}  // namespace

INTERPOSE(DIR*, opendir, const char* path) {
  DIR* directory = next_opendir(path);
  if (directory != nullptr) marked(next_dirfd(directory));
  return directory;
}

INTERPOSE(DIR*, fdopendir, int fd) {
  marked(fd);
  return next_fdopendir(fd);
}

INTERPOSE(int, shm_open, const char* name, int flags, mode_t mode) { return marked(next_shm_open(name, flags, mode)); }

INTERPOSE_VARIADIC(mqd_t, mq_open, const char* name, int flags, mode_t mode, mq_attr* attributes) {
  return marked(next_mq_open(name, flags, mode, attributes));
}

INTERPOSE(int, pidfd_open, pid_t process, unsigned flags) noexcept {
  return marked(or_syscall(next_pidfd_open, SYS_pidfd_open, process, flags));
}
