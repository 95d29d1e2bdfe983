// SPDX-License-Identifier: Apache-2.0
//
// Family mount: the descriptors of the mount API of Linux 5.2 (fsopen(2)).

#include <linux/mount.h>

#include "shim/interpose/interpose.h"

using namespace cloexec;

INTERPOSE_ROUTED(int, fsopen, const char* file_system, unsigned flags) {
  return make_by<flag(Call::fsopen, 1, FSOPEN_CLOEXEC).or_syscall(SYS_fsopen)>(CALLER, file_system, flags);
}

INTERPOSE_ROUTED(int, fsmount, int context, unsigned flags, unsigned attributes) {
  return make_by<flag(Call::fsmount, 1, FSMOUNT_CLOEXEC).or_syscall(SYS_fsmount)>(CALLER, context, flags, attributes);
}

INTERPOSE_ROUTED(int, fspick, int directory, const char* path, unsigned flags) {
  return make_by<flag(Call::fspick, 2, FSPICK_CLOEXEC).or_syscall(SYS_fspick)>(CALLER, directory, path, flags);
}

INTERPOSE_ROUTED(int, open_tree, int directory, const char* path, unsigned flags) {
  return make_by<flag(Call::open_tree, 2, OPEN_TREE_CLOEXEC).or_syscall(SYS_open_tree)>(CALLER, directory, path, flags);
}
