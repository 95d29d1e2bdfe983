// SPDX-License-Identifier: Apache-2.0
//
// What libc makes close-on-exec by itself and leaves open: an audit is told of it; and a number that was closed unseen
// must not be taken for what the shim has forced there.

#include <dirent.h>
#include <mqueue.h>
#include <sys/mman.h>

#include "shim/host/environment.h"
#include "shim/host/or_syscall.h"
#include "shim/interpose/interpose.h"
#include "shim/record/recorder.h"

using namespace cloexec;

namespace {

int marked(int fd) {
  if (fd >= 0) note_flag_set(fd);
  return fd;
}

}  // namespace

INTERPOSE(DIR*, opendir, const char* path) {
  DIR* directory = next_opendir(path);
  if (directory != nullptr) marked(next_dirfd(directory));
  return directory;
}

INTERPOSE(DIR*, fdopendir, int fd) {
  DIR* directory = next_fdopendir(fd);
  if (directory != nullptr)
    marked(fd);
  else
    tell_if_missed("fdopendir", fd);
  return directory;
}

/// musl marks the descriptor for an "e"; glibc does not look at it.
INTERPOSE(FILE*, fdopen, int fd, const char* mode) {
  FILE* stream = next_fdopen(fd, mode);
  if (stream == nullptr) tell_if_missed("fdopen", fd);
  if (stream != nullptr && next_gnu_get_libc_version.is_absent() && view(mode).find('e') != std::string_view::npos)
    marked(fd);
  return stream;
}

INTERPOSE(int, shm_open, const char* name, int flags, mode_t mode) { return marked(next_shm_open(name, flags, mode)); }

INTERPOSE_VARIADIC(mqd_t, mq_open, const char* name, int flags, mode_t mode, mq_attr* attributes) {
  return marked(next_mq_open(name, flags, mode, attributes));
}

/// What programs built with _FORTIFY_SOURCE call when they open without a mode.
INTERPOSE(mqd_t, __mq_open_2, const char* name, int flags) { return marked(next___mq_open_2(name, flags)); }

INTERPOSE(int, pidfd_open, pid_t process, unsigned flags) noexcept {
  return marked(or_syscall(next_pidfd_open, SYS_pidfd_open, process, flags));
}
