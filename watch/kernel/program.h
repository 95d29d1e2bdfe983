/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
 *
 * A new program: what it is, where it is, what it was started with.
 */
#pragma once

#include "watch/kernel/block.h"

static long add_group(__u32 index, void* context) {
  struct scratch* const own = own_scratch();
  if (own == 0 || own->group == 0) return 1;
  struct kernfs_node* const group = (struct kernfs_node*)own->group;
  struct kernfs_node* above = 0;
  struct kernfs_node___since_6_15* const newer = (void*)group;
  if (bpf_core_field_exists(newer->__parent))
    above = BPF_CORE_READ(newer, __parent);
  else
    above = BPF_CORE_READ(group, parent);
  if (above == 0) return 1;
  const __u64 used = bounded(own->walk.used, watch_text_room);
  const long size = bpf_probe_read_kernel_str(own->exec.text + used, name_room, BPF_CORE_READ(group, name));
  if (size <= 0 || size > name_room) return 1;
  own->exec.text[used + size - 1] = '/';
  own->walk.used = used + size;
  own->group = (__u64)above;
  return 0;
}

/* Appends what is at begin..end of the process; how much that was. */
static __always_inline __u32 add_user_text(struct scratch* own, __u64 begin, __u64 end, __u32 most, __u32 cut) {
  const __u64 used = bounded(own->walk.used, watch_text_room);
  __u64 size = end - begin;
  if (end <= begin) return 0;
  if (size > most) {
    size = most;
    own->exec.flags |= cut;
  }
  if (bpf_probe_read_user(own->exec.text + used, size, (const void*)begin) != 0) {
    own->exec.flags |= cut;
    return 0;
  }
  own->walk.used = used + size;
  return size;
}

static __always_inline void write_brief(__u32 process, const struct note* note) {
  const struct brief brief = {note->image, note->is_watched};
  bpf_map_update_elem(&briefs, &process, &brief, BPF_ANY);
}

/* What the process had at its fork becomes what it had before its exec; now it has another image. */
static __always_inline void take_note(struct scratch* own, struct note* note, struct task_struct* task) {
  struct watch_exec* const exec = &own->exec;
  exec->flags = 0;
  own->had_blocks = 0;
  exec->before = note->image;
  if (note->image == 0) {
    exec->before = WATCH_BEFORE | exec->pid;
    exec->flags |= watch_is_unknown;
  }
  if (note->is_forked) {
    exec->flags |= watch_is_forked;
    own->had_blocks = note->blocks;
    bpf_probe_read_kernel(own->had, sizeof own->had, note->open);
    bpf_probe_read_kernel(own->had_marked, sizeof own->had_marked, note->marked);
    bpf_probe_read_kernel(own->had_file, sizeof own->had_file, note->file);
    bpf_probe_read_kernel(own->had_inode, sizeof own->had_inode, note->inode);
  }
  if (note->shares_table) exec->flags |= watch_shares_table;
  if (note->has_lost_birth) exec->flags |= watch_is_unknown;
  note->image = exec->id;
  note->is_forked = 0;
  note->shares_table = 0;
  note->has_lost_birth = 0;
  write_brief(exec->pid, note);
}

static __always_inline void describe_exec(struct scratch* own, struct task_struct* task, struct linux_binprm* program) {
  struct watch_exec* const exec = &own->exec;
  const struct mm_struct* const memory = task->mm;
  own->executable = (__u64)memory->exe_file;
  const __u64 executable = as_number(&own->executable);
  own->walk.used = 0;
  exec->place = 0;
  if (executable != 0) {
    begin_walk(&own->walk, executable);
    own->walk.flags &= ~watch_is_root;
    bpf_loop(most_steps, step_of_executable, 0, 0);
    exec->place = own->walk.flags;
  }
  exec->executable_size = own->walk.used;
  __u64 used = bounded(own->walk.used, watch_text_room);
  const long size = bpf_probe_read_kernel_str(exec->text + used, watch_path_room, program->filename);
  exec->name_size = size > 0 && size <= watch_path_room ? size : 0;
  own->walk.used = used + exec->name_size;
  const struct kernfs_node* const group = task->cgroups->dfl_cgrp->kn;
  exec->cgroup = group->id;
  own->group = (__u64)group;
  used = own->walk.used;
  bpf_loop(most_groups, add_group, 0, 0);
  exec->cgroup_size = own->walk.used - used;
  exec->arguments_size =
      add_user_text(own, memory->arg_start, memory->arg_end, watch_most_arguments, watch_cut_arguments);
  exec->environment_size = 0;
  if (exec->blocks > 0)
    exec->environment_size =
        add_user_text(own, memory->env_start, memory->env_end, watch_most_environment, watch_cut_environment);
}
