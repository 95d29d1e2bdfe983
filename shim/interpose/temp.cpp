// SPDX-License-Identifier: Apache-2.0
//
// Family temp: files that libc names, and files without a name.

#include <sys/stat.h>

#include <cstring>
#include <string_view>

#include "shim/interpose.h"
#include "shim/method/or_syscall.h"

using namespace cloexec;

namespace {

/// Calls `create`, which fills in the XXXXXX of a template, and puts them back when it fails: glibc leaves its letters
/// there, and the plain form must find what the program wrote.
int fill(char* path, int suffix, auto create) {
  constexpr std::string_view placeholder = "XXXXXX";
  const std::size_t needed = placeholder.size() + static_cast<std::size_t>(suffix < 0 ? 0 : suffix);
  const std::size_t length = std::strlen(path);
  char* place = length < needed ? nullptr : path + (length - needed);
  if (place != nullptr && std::memcmp(place, placeholder.data(), placeholder.size()) != 0) place = nullptr;
  const int fd = create();
  if (fd < 0 && place != nullptr) std::memcpy(place, placeholder.data(), placeholder.size());
  return fd;
}

/// mkstemp(3) takes no flags, mkostemp does.
int made(Site site, Next<decltype(mkostemp)> with_flags, Next<decltype(mkstemp)> next, char* path) {
  return make_by_substitute(
      site, as_number, Retry::if_refused_or_invalid, with_flags,
      [=](auto* function) { return fill(path, 0, [=] { return function(path, O_CLOEXEC); }); },
      [=] { return next(path); });
}

int made(Site site, Next<decltype(mkostemps)> with_flags, Next<decltype(mkstemps)> next, char* path, int suffix) {
  return make_by_substitute(
      site, as_number, Retry::if_refused_or_invalid, with_flags,
      [=](auto* function) { return fill(path, suffix, [=] { return function(path, suffix, O_CLOEXEC); }); },
      [=] { return next(path, suffix); });
}

int made_with(Site site, Next<decltype(mkostemp)> next, char* path, int flags) {
  return make_with_flag(
      site, as_number, Retry::if_refused_or_invalid, next, flags, O_CLOEXEC,
      [=](auto* function, int forced) { return fill(path, 0, [=] { return function(path, forced); }); });
}

int made_with(Site site, Next<decltype(mkostemps)> next, char* path, int suffix, int flags) {
  return make_with_flag(
      site, as_number, Retry::if_refused_or_invalid, next, flags, O_CLOEXEC,
      [=](auto* function, int forced) { return fill(path, suffix, [=] { return function(path, suffix, forced); }); });
}

/// tmpfile(3) put together from what takes a flag, in the same two steps as libc: a file without a name, or one that
/// loses it at once where the file system has none such.
FILE* temporary_stream(Next<decltype(::open)> open, Next<decltype(::mkostemp)> mkostemp) {
  int fd = open(P_tmpdir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    char path[] = P_tmpdir "/tmpfXXXXXX";
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) return nullptr;
    next_unlink(path);
  }
  FILE* stream = next_fdopen(fd, "w+");
  if (stream == nullptr) next_close(fd);
  return stream;
}

FILE* made_temporary_stream(Site site, Next<decltype(tmpfile)> next, Next<decltype(::open)> open,
                            Next<decltype(::mkostemp)> mkostemp) {
  const int error_before = errno;
  FILE* stream = make(site, as_stream, Retry::if_refused_or_invalid,
                      [=](bool form) { return form == atomic ? temporary_stream(open, mkostemp) : next(); });
  if (stream != nullptr) errno = error_before;
  return stream;
}

}  // namespace

INTERPOSE(int, mkstemp, char* path) { return made(HERE(mkstemp), next_mkostemp, next_mkstemp, path); }

INTERPOSE(int, mkstemp64, char* path) { return made(HERE(mkstemp64), next_mkostemp64, next_mkstemp64, path); }

INTERPOSE(int, mkstemps, char* path, int suffix) {
  return made(HERE(mkstemps), next_mkostemps, next_mkstemps, path, suffix);
}

INTERPOSE(int, mkstemps64, char* path, int suffix) {
  return made(HERE(mkstemps64), next_mkostemps64, next_mkstemps64, path, suffix);
}

INTERPOSE(int, mkostemp, char* path, int flags) { return made_with(HERE(mkostemp), next_mkostemp, path, flags); }

INTERPOSE(int, mkostemp64, char* path, int flags) { return made_with(HERE(mkostemp64), next_mkostemp64, path, flags); }

INTERPOSE(int, mkostemps, char* path, int suffix, int flags) {
  return made_with(HERE(mkostemps), next_mkostemps, path, suffix, flags);
}

INTERPOSE(int, mkostemps64, char* path, int suffix, int flags) {
  return made_with(HERE(mkostemps64), next_mkostemps64, path, suffix, flags);
}

INTERPOSE(FILE*, tmpfile) { return made_temporary_stream(HERE(tmpfile), next_tmpfile, next_open, next_mkostemp); }

INTERPOSE(FILE*, tmpfile64) {
  return made_temporary_stream(HERE(tmpfile64), next_tmpfile64, next_open64, next_mkostemp64);
}

INTERPOSE(int, memfd_create, const char* name, unsigned flags) noexcept {
  return make_with_flag(
      HERE(memfd_create), as_number, Retry::if_refused_or_invalid, next_memfd_create, flags, MFD_CLOEXEC,
      [=](auto*, unsigned forced) { return or_syscall(next_memfd_create, SYS_memfd_create, name, forced); });
}
