// SPDX-License-Identifier: Apache-2.0
//
// Family temp: files that libc names, and files without a name.

#include "shim/interpose/interpose.h"

using namespace cloexec;

namespace {

/// mkstemp(3) takes no flags, mkostemp does.
template <Call call, Call with_flags>
int made(const void* caller, char* path) {
  return make_by<substitute(call, with_flags, 1, O_CLOEXEC).from_template()>(caller, path);
}

template <Call call, Call with_flags>
int made(const void* caller, char* path, int suffix) {
  return make_by<substitute(call, with_flags, 2, O_CLOEXEC).from_template()>(caller, path, suffix);
}

template <Call call>
int made_with(const void* caller, char* path, int flags) {
  return make_by<flag(call, 1, O_CLOEXEC).from_template()>(caller, path, flags);
}

template <Call call>
int made_with(const void* caller, char* path, int suffix, int flags) {
  return make_by<flag(call, 2, O_CLOEXEC).from_template()>(caller, path, suffix, flags);
}

/// tmpfile(3) takes no flags, and is put together from what does.
consteval Recipe tmpfile_recipe(Call call) { return by_way(Way::tmpfile, call, call).giving(Outcome::stream); }

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

INTERPOSE(FILE*, tmpfile) { return make_by<tmpfile_recipe(Call::tmpfile)>(CALLER); }

INTERPOSE(FILE*, tmpfile64) { return make_by<tmpfile_recipe(Call::tmpfile64)>(CALLER); }

INTERPOSE(int, memfd_create, const char* name, unsigned flags) noexcept {
  return make_by<flag(Call::memfd_create, 1, MFD_CLOEXEC).or_syscall(SYS_memfd_create)>(CALLER, name, flags);
}
