/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
 *
 * The path of a file, as a process sees it.
 */
#pragma once

#include "watch/kernel/state.h"

/* Since Linux 6.2: what is read through it is one instruction, and 0 where there is nothing. */
extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym __weak;

/* A member of what a plain address leads to. */
#define LOOK(type, address, member)                                                      \
  ({                                                                                     \
    const void* const at = (const void*)(address);                                       \
    can_cast ? ((const type*)bpf_rdonly_cast(at, bpf_core_type_id_kernel(type)))->member \
             : BPF_CORE_READ((const type*)at, member);                                   \
  })

/* Appends the next name of a path, from the last one on; 1 at its end. */
static __always_inline long step(struct walk* walk, char* text) {
  const __u64 dentry = walk->dentry;
  const __u64 mount = walk->mount;
  if (dentry == walk->root && mount == walk->root_mount) return 1;
  walk->next = (__u64)LOOK(struct mount, mount, mnt.mnt_root);
  if (dentry == as_number(&walk->next)) {
    walk->next = (__u64)LOOK(struct mount, mount, mnt_parent);
    const __u64 below = as_number(&walk->next);
    if (below == mount || below == 0) {
      walk->flags |= watch_is_outside;
      return 1;
    }
    walk->dentry = (__u64)LOOK(struct mount, mount, mnt_mountpoint);
    walk->mount = below;
    return 0;
  }
  walk->next = (__u64)LOOK(struct dentry, dentry, d_parent);
  const __u64 parent = as_number(&walk->next);
  if (dentry == parent || parent == 0) {
    walk->flags |= watch_is_outside;
    return 1;
  }
  if (walk->used >= watch_path_room) {
    walk->flags |= watch_is_cut;
    return 1;
  }
  __u64 used = bounded(walk->used, watch_path_room);
  const __u64 size = bounded(LOOK(struct dentry, dentry, d_name.len), name_room);
  bpf_probe_read_kernel(text + used, size, LOOK(struct dentry, dentry, d_name.name));
  used += size;
  text[used] = '/';
  walk->used = used + 1;
  walk->dentry = parent;
  return 0;
}

static long step_of_descriptor(__u32 index, void* context) {
  struct scratch* const own = own_scratch();
  return own == 0 ? 1 : step(&own->walk, own->descriptor.path);
}

static long step_of_executable(__u32 index, void* context) {
  struct scratch* const own = own_scratch();
  return own == 0 ? 1 : step(&own->walk, own->exec.text);
}

static __always_inline void set_mount(__u64* to, __u64 mount) {
  *to = mount - bpf_core_field_offset(struct mount, mnt);
}

static __always_inline void begin_walk(struct walk* walk, __u64 file) {
  walk->next = (__u64)LOOK(struct file, file, f_path.mnt);
  set_mount(&walk->mount, as_number(&walk->next));
  walk->dentry = (__u64)LOOK(struct file, file, f_path.dentry);
  const __u64 dentry = as_number(&walk->dentry);
  walk->used = 0;
  walk->flags = 0;
  /* An open file's name has no place in the tree any more when it is gone (d_unlinked). */
  walk->next = (__u64)LOOK(struct dentry, dentry, d_parent);
  if (as_number(&walk->next) == dentry)
    walk->flags |= watch_is_root;
  else if (LOOK(struct dentry, dentry, d_hash.pprev) == 0)
    walk->flags |= watch_is_unlinked;
}

static __always_inline void note_root(struct walk* walk, struct task_struct* task) {
  walk->next = (__u64)task->fs->root.mnt;
  set_mount(&walk->root_mount, as_number(&walk->next));
  walk->root = (__u64)task->fs->root.dentry;
}
