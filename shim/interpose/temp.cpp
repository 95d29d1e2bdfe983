// SPDX-License-Identifier: Apache-2.0
//
// Family temp: files that libc names, and files without a name.

#include <sys/stat.h>

#include "shim/interpose.h"
#include "shim/method/or_syscall.h"

using namespace cloexec;

namespace {

/// mkstemp(3) and mkstemps(3) take no flags, mkostemp and mkostemps do.
int made_temporary(Call call, auto with_flags, auto without) {
  return make(call, as_number, Retry::if_refused_or_invalid,
              [=](bool form) { return form == atomic ? with_flags(O_CLOEXEC) : without(); });
}

int made_temporary_with(Call call, auto next, int flags, auto create) {
  return make_with_flag(call, as_number, Retry::if_refused_or_invalid, next, flags, O_CLOEXEC, create);
}

/// tmpfile(3) put together from what takes a flag, in the same two steps as libc: a file without a name, or one that
/// loses it at once where the file system has none such.
FILE* temporary_stream(auto open, auto mkostemp) {
  int fd = open(P_tmpdir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    char path[] = P_tmpdir "/tmpfXXXXXX";
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) return nullptr;
    next_unlink(path);
  }
  FILE* made = next_fdopen(fd, "w+");
  if (made == nullptr) next_close(fd);
  return made;
}

FILE* made_temporary_stream(Call call, auto next, auto open, auto mkostemp) {
  const int error_before = errno;
  FILE* made = make(call, as_stream, Retry::if_refused_or_invalid,
                    [=](bool form) { return form == atomic ? temporary_stream(open, mkostemp) : next(); });
  if (made != nullptr) errno = error_before;
  return made;
}

}  // namespace

INTERPOSE(int, mkstemp, char* path) {
  return made_temporary(
      Call::mkstemp, [=](int flags) { return next_mkostemp(path, flags); }, [=] { return next_mkstemp(path); });
}

INTERPOSE(int, mkstemp64, char* path) {
  return made_temporary(
      Call::mkstemp64, [=](int flags) { return next_mkostemp64(path, flags); }, [=] { return next_mkstemp64(path); });
}

INTERPOSE(int, mkstemps, char* path, int suffix) {
  return made_temporary(
      Call::mkstemps, [=](int flags) { return next_mkostemps(path, suffix, flags); },
      [=] { return next_mkstemps(path, suffix); });
}

INTERPOSE(int, mkstemps64, char* path, int suffix) {
  return made_temporary(
      Call::mkstemps64, [=](int flags) { return next_mkostemps64(path, suffix, flags); },
      [=] { return next_mkstemps64(path, suffix); });
}

INTERPOSE(int, mkostemp, char* path, int flags) {
  return made_temporary_with(Call::mkostemp, next_mkostemp, flags,
                             [=](auto* next, int forced) { return next(path, forced); });
}

INTERPOSE(int, mkostemp64, char* path, int flags) {
  return made_temporary_with(Call::mkostemp64, next_mkostemp64, flags,
                             [=](auto* next, int forced) { return next(path, forced); });
}

INTERPOSE(int, mkostemps, char* path, int suffix, int flags) {
  return made_temporary_with(Call::mkostemps, next_mkostemps, flags,
                             [=](auto* next, int forced) { return next(path, suffix, forced); });
}

INTERPOSE(int, mkostemps64, char* path, int suffix, int flags) {
  return made_temporary_with(Call::mkostemps64, next_mkostemps64, flags,
                             [=](auto* next, int forced) { return next(path, suffix, forced); });
}

INTERPOSE(FILE*, tmpfile) { return made_temporary_stream(Call::tmpfile, next_tmpfile, next_open, next_mkostemp); }

INTERPOSE(FILE*, tmpfile64) {
  return made_temporary_stream(Call::tmpfile64, next_tmpfile64, next_open64, next_mkostemp64);
}

INTERPOSE(int, memfd_create, const char* name, unsigned flags) noexcept {
  return make_with_flag(
      Call::memfd_create, as_number, Retry::if_refused_or_invalid, next_memfd_create, flags, MFD_CLOEXEC,
      [=](auto*, unsigned forced) { return or_syscall(next_memfd_create, SYS_memfd_create, name, forced); });
}
