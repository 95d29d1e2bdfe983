// SPDX-License-Identifier: Apache-2.0
//
// What closes descriptors: their numbers are not forced any more, before somebody else can get them. Programs close as
// often as they open, so that this is in few instructions.

#include <dirent.h>
#include <mntent.h>
#include <mqueue.h>

#include <cerrno>

#include "shim/decide/settings.h"
#include "shim/host/atomic.h"
#include "shim/host/or_syscall.h"
#include "shim/host/stream.h"
#include "shim/interpose/interpose.h"
#include "shim/process/borrowed.h"
#include "shim/record/recorder.h"

using namespace cloexec;

namespace {

template <typename Closed>
using Closer = int (*)(Closed);

/// What closes without another thought; null until it is known that nobody audits.
constinit Closer<int> quick_close = nullptr;

/// The same of streams, and the bit that glibc sets in the flags of those that are files and know their descriptor
/// (libio/fileno.c, _IO_IS_FILEBUF): 0 until then, and for ever where streams are not glibc's.
constinit Closer<FILE*> quick_fclose = nullptr;
constinit int file_bit = 0;

[[gnu::always_inline]] inline void forget_quickly(int fd) {
  if (static_cast<unsigned>(fd) < forced_end) forced_table[fd] = 0;
}

int stream_closed(FILE* stream, Next<decltype(::fclose)> next) {
  note_closed(descriptor_of(stream));
  return next(stream);
}

int told_if_missed(int fd, int result) {
  if (is_recording() && result < 0 && errno == EBADF) record_missed_close(fd);
  return result;
}

[[gnu::noinline]] int close_in_full(int fd) {
  note_closed(fd);
  if (settings.are_read && !is_recording()) quick_close = next_close.get();
  return told_if_missed(fd, next_close(fd));
}

[[gnu::noinline]] int close_stream_in_full(FILE* stream) {
  learn_streams();
  if (settings.are_read && !is_recording() && are_streams_known) {
    quick_fclose = next_fclose.get();
    store(file_bit, 0x2000);
  }
  return stream_closed(stream, next_fclose);
}

}  // namespace

INTERPOSE(int, close, int fd) {
  if (quick_close == nullptr || is_vfork_child()) [[unlikely]]
    return close_in_full(fd);
  forget_quickly(fd);
  return quick_close(fd);
}

INTERPOSE(int, __close, int fd) {
  note_closed(fd);
  return told_if_missed(fd, next___close(fd));
}

INTERPOSE(int, fclose, FILE* stream) {
  if ((stream->_flags & file_bit) == 0 || is_vfork_child()) [[unlikely]]
    return close_stream_in_full(stream);
  forget_quickly(stream->_fileno);
  return quick_fclose(stream);
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
  const Stamp before = entry_of(fd);
  if (fd > 2) note_closed(fd);
  const int result = next_login_tty(fd);
  // What is no terminal stays open.
  if (result != 0 && entry_of(fd) == 0) note_entry(fd, before);
  return result;
}

INTERPOSE(int, fts_close, FTS* walk) {
  if (walk != nullptr) note_closed(walk->fts_rfd);
  return next_fts_close(walk);
}

INTERPOSE(int, fts64_close, FTS64* walk) {
  if (walk != nullptr) note_closed(walk->fts_rfd);
  return next_fts64_close(walk);
}

#ifndef __LP64__
INTERPOSE(int, __fts64_close_time64, FTS64* walk) {
  if (walk != nullptr) note_closed(walk->fts_rfd);
  return next___fts64_close_time64(walk);
}
#endif

INTERPOSE(int, close_range, unsigned first, unsigned last, int flags) noexcept {
  note_range(first, last, static_cast<unsigned>(flags));
  return or_syscall(next_close_range, SYS_close_range, first, last, flags);
}

INTERPOSE(void, closefrom, int first) noexcept {
  note_range(first < 0 ? 0U : static_cast<unsigned>(first), ~0U, 0);
  next_closefrom(first);
}
