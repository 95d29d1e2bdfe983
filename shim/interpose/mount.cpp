// SPDX-License-Identifier: Apache-2.0
//
// Family mount: the descriptors of the mount API of Linux 5.2 (fsopen(2)).

#include <linux/mount.h>

#include "shim/interpose.h"
#include "shim/method/or_syscall.h"

using namespace cloexec;

INTERPOSE(int, fsopen, const char* file_system, unsigned flags) noexcept {
  return make_with_flag(
      HERE(fsopen), as_number, Retry::if_refused_or_invalid, next_fsopen, flags, FSOPEN_CLOEXEC,
      [=](auto*, unsigned forced) { return or_syscall(next_fsopen, SYS_fsopen, file_system, forced); });
}

INTERPOSE(int, fsmount, int context, unsigned flags, unsigned attributes) noexcept {
  return make_with_flag(
      HERE(fsmount), as_number, Retry::if_refused_or_invalid, next_fsmount, flags, FSMOUNT_CLOEXEC,
      [=](auto*, unsigned forced) { return or_syscall(next_fsmount, SYS_fsmount, context, forced, attributes); });
}

INTERPOSE(int, fspick, int directory, const char* path, unsigned flags) noexcept {
  return make_with_flag(
      HERE(fspick), as_number, Retry::if_refused_or_invalid, next_fspick, flags, FSPICK_CLOEXEC,
      [=](auto*, unsigned forced) { return or_syscall(next_fspick, SYS_fspick, directory, path, forced); });
}

INTERPOSE(int, open_tree, int directory, const char* path, unsigned flags) noexcept {
  return make_with_flag(
      HERE(open_tree), as_number, Retry::if_refused_or_invalid, next_open_tree, flags, OPEN_TREE_CLOEXEC,
      [=](auto*, unsigned forced) { return or_syscall(next_open_tree, SYS_open_tree, directory, path, forced); });
}
