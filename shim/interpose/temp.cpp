// SPDX-License-Identifier: Apache-2.0
//
// Family temp: files that libc names, and files without a name.

#include <sys/stat.h>

#include <cstring>
#include <string_view>

#include "shim/interpose.h"

using namespace cloexec;

namespace {

/// The XXXXXX of a template, which a call that fails may have filled in already: glibc leaves its letters there. The
/// plain form, should it be tried then, must find what the program wrote.
class Placeholder {
 public:
  Placeholder(char* path, int suffix) {
    const std::size_t needed = text.size() + static_cast<std::size_t>(suffix < 0 ? 0 : suffix);
    const std::size_t length = std::strlen(path);
    if (length >= needed && std::memcmp(path + (length - needed), text.data(), text.size()) == 0)
      place_ = path + (length - needed);
  }

  void restore() const {
    if (place_ != nullptr) std::memcpy(place_, text.data(), text.size());
  }

 private:
  static constexpr std::string_view text = "XXXXXX";
  char* place_ = nullptr;
};

/// The flags come behind the suffix of functions that take one.
int make_from_template(Word path, Word b, Word c, Word d, const Recipe& recipe, const void* caller) {
  const Word words[most_words] = {path, b, c, d};
  const WordCall call(recipe, caller, words);
  const Placeholder placeholder(from_word<char*>(path), recipe.place == 2 ? static_cast<int>(b) : 0);
  const auto forms = [&](bool form) {
    if (form == plain) placeholder.restore();
    return call.make(form);
  };
  return static_cast<int>(call.make(Forms(forms)));
}

/// mkstemp(3) takes no flags, mkostemp does.
template <Call call, Call with_flags>
int made(const void* caller, char* path) {
  return make_by<substitute(call, with_flags, 1, O_CLOEXEC).about(0), make_from_template>(caller, path);
}

template <Call call, Call with_flags>
int made(const void* caller, char* path, int suffix) {
  return make_by<substitute(call, with_flags, 2, O_CLOEXEC).about(0), make_from_template>(caller, path, suffix);
}

template <Call call>
int made_with(const void* caller, char* path, int flags) {
  return make_by<flag(call, 1, O_CLOEXEC).about(0), make_from_template>(caller, path, flags);
}

template <Call call>
int made_with(const void* caller, char* path, int suffix, int flags) {
  return make_by<flag(call, 2, O_CLOEXEC).about(0), make_from_template>(caller, path, suffix, flags);
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

INTERPOSE(int, mkstemp, char* path) { return made<Call::mkstemp, Call::mkostemp>(CALLER, path); }

INTERPOSE(int, mkstemp64, char* path) { return made<Call::mkstemp64, Call::mkostemp64>(CALLER, path); }

INTERPOSE(int, mkstemps, char* path, int suffix) { return made<Call::mkstemps, Call::mkostemps>(CALLER, path, suffix); }

INTERPOSE(int, mkstemps64, char* path, int suffix) {
  return made<Call::mkstemps64, Call::mkostemps64>(CALLER, path, suffix);
}

INTERPOSE(int, mkostemp, char* path, int flags) { return made_with<Call::mkostemp>(CALLER, path, flags); }

INTERPOSE(int, mkostemp64, char* path, int flags) { return made_with<Call::mkostemp64>(CALLER, path, flags); }

INTERPOSE(int, mkostemps, char* path, int suffix, int flags) {
  return made_with<Call::mkostemps>(CALLER, path, suffix, flags);
}

INTERPOSE(int, mkostemps64, char* path, int suffix, int flags) {
  return made_with<Call::mkostemps64>(CALLER, path, suffix, flags);
}

INTERPOSE(FILE*, tmpfile) { return made_temporary_stream(HERE(tmpfile), next_tmpfile, next_open, next_mkostemp); }

INTERPOSE(FILE*, tmpfile64) {
  return made_temporary_stream(HERE(tmpfile64), next_tmpfile64, next_open64, next_mkostemp64);
}

INTERPOSE(int, memfd_create, const char* name, unsigned flags) noexcept {
  return make_by<flag(Call::memfd_create, 1, MFD_CLOEXEC).or_syscall(SYS_memfd_create)>(CALLER, name, flags);
}
