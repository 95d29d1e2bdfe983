// SPDX-License-Identifier: Apache-2.0
//
// What closes descriptors: their numbers are not forced any more, before somebody else can get them. Programs close as
// often as they open, so that this is in few instructions.

#include <dirent.h>
#include <mntent.h>
#include <mqueue.h>

#include "shim/borrowed.h"
#include "shim/interpose.h"
#include "shim/method/or_syscall.h"
#include "shim/method/range.h"
#include "shim/method/stream.h"
#include "shim/recorder.h"

using namespace cloexec;

namespace {

/// What closes without another thought; null until it is known that nobody audits.
constinit void* fast_close = nullptr;
constinit void* fast_fclose = nullptr;

[[gnu::always_inline]] inline void forget_fast(int fd) {
  if (static_cast<unsigned>(fd) < forced_end) forced_table[fd] = 0;
}

void note_closed(int fd) {
  if (fd >= 0) note_range(static_cast<unsigned>(fd), static_cast<unsigned>(fd), 0);
}

/// The descriptor of a stream, without a stray errno where it has none.
int descriptor_of(FILE* stream) {
  if (stream == nullptr) return -1;
  const int error_before = errno;
  const int fd = next_fileno(stream);
  errno = error_before;
  return fd;
}

int stream_closed(FILE* stream, Next<decltype(::fclose)> next) {
  note_closed(descriptor_of(stream));
  return next(stream);
}

[[gnu::noinline]] int close_in_full(int fd) {
  note_closed(fd);
  if (settings.are_read && !is_recording()) fast_close = reinterpret_cast<void*>(next_close.get());
  return next_close(fd);
}

[[gnu::noinline]] int close_stream_in_full(FILE* stream) {
  learn_streams();
  if (settings.are_read && !is_recording() && are_streams_known)
    fast_fclose = reinterpret_cast<void*>(next_fclose.get());
  return stream_closed(stream, next_fclose);
}

}  // namespace

INTERPOSE(int, close, int fd) {
  if (fast_close == nullptr || is_vfork_child()) [[unlikely]]
    return close_in_full(fd);
  forget_fast(fd);
  return reinterpret_cast<int (*)(int)>(fast_close)(fd);
}

INTERPOSE(int, __close, int fd) {
  note_closed(fd);
  return next___close(fd);
}

INTERPOSE(int, fclose, FILE* stream) {
  if (fast_fclose == nullptr || is_vfork_child()) [[unlikely]]
    return close_stream_in_full(stream);
  forget_fast(stream->_fileno);
  return reinterpret_cast<int (*)(FILE*)>(fast_fclose)(stream);
}

INTERPOSE(int, _IO_fclose, FILE* stream) { return stream_closed(stream, next__IO_fclose); }

INTERPOSE(int, pclose, FILE* stream) { return stream_closed(stream, next_pclose); }

INTERPOSE(int, _IO_pclose, FILE* stream) { return stream_closed(stream, next__IO_pclose); }

INTERPOSE(int, endmntent, FILE* stream) noexcept { return stream_closed(stream, next_endmntent); }

INTERPOSE(int, __endmntent, FILE* stream) { return stream_closed(stream, next___endmntent); }

/// A null is libc's to answer: dirfd would not.
INTERPOSE(int, closedir, DIR* directory) {
  DIR* volatile given = directory;
  if (given != nullptr) note_closed(next_dirfd(directory));
  return next_closedir(directory);
}

INTERPOSE(int, mq_close, mqd_t queue) noexcept {
  note_closed(queue);
  return next_mq_close(queue);
}

/// It becomes 0 to 2.
INTERPOSE(int, login_tty, int fd) noexcept {
  if (fd > 2) note_closed(fd);
  return next_login_tty(fd);
}

INTERPOSE(int, fts_close, FTS* walk) {
  if (walk != nullptr) note_closed(walk->fts_rfd);
  return next_fts_close(walk);
}

INTERPOSE(int, fts64_close, FTS64* walk) {
  if (walk != nullptr) note_closed(walk->fts_rfd);
  return next_fts64_close(walk);
}

INTERPOSE(int, close_range, unsigned first, unsigned last, int flags) noexcept {
  note_range(first, last, static_cast<unsigned>(flags));
  return or_syscall(next_close_range, SYS_close_range, first, last, flags);
}

INTERPOSE(void, closefrom, int first) noexcept {
  note_range(first < 0 ? 0U : static_cast<unsigned>(first), ~0U, 0);
  next_closefrom(first);
}
