// SPDX-License-Identifier: Apache-2.0
//
// What only an audit must know: what closes descriptors, lest it takes what is gone for what could be inherited, and
// what starts a shell inside libc. The library that audits load exports these; the other does not, so that they cost it
// nothing: programs close as often as they open.

#include <mntent.h>

#include "shim/interpose.h"
#include "shim/recorder.h"

using namespace cloexec;

namespace {

void note_closed(unsigned first, unsigned last) {
  if (is_recording()) [[unlikely]]
    record_closed(first, last);
}

int stream_closed(FILE* stream, Next<decltype(::fclose)> next) {
  if (is_recording() && stream != nullptr) [[unlikely]] {
    const int error_before = errno;
    const int fd = next_fileno(stream);
    errno = error_before;
    if (fd >= 0) record_closed(static_cast<unsigned>(fd), static_cast<unsigned>(fd));
  }
  return next(stream);
}

}  // namespace

INTERPOSE(int, close, int fd) {
  if (fd >= 0) note_closed(static_cast<unsigned>(fd), static_cast<unsigned>(fd));
  return next_close.get_fast()(fd);
}

INTERPOSE(int, fclose, FILE* stream) { return stream_closed(stream, next_fclose); }

INTERPOSE(int, pclose, FILE* stream) { return stream_closed(stream, next_pclose); }

INTERPOSE(int, endmntent, FILE* stream) noexcept { return stream_closed(stream, next_endmntent); }

/// No rule has a say in what libc itself starts.
INTERPOSE(int, system, const char* command) {
  if (is_recording() && command != nullptr) record_shell("system");
  return next_system(command);
}
