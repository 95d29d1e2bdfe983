/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
 *
 * 64 numbers of a new program's table at a time: what is told of them, and where they come from.
 */
#pragma once

#include "watch/kernel/descriptor.h"

static __always_inline void open_table(struct table* to, struct task_struct* task) {
  const struct fdtable* const table = task->files->fdt;
  to->files = (__u64)table->fd;
  to->open = (__u64)table->open_fds;
  to->marked = (__u64)table->close_on_exec;
  to->blocks = table->max_fds / watch_block_size;
}

static __always_inline __u64 word(__u64 words, __u32 index) {
  __u64 value = 0;
  bpf_probe_read_kernel(&value, sizeof value, (const void*)(words + index * sizeof value));
  return value;
}

/* Whether both are the same, as a bit: jumps would cost the verifier much. */
static __always_inline __u64 differs(__u64 one, __u64 other) {
  const __u64 difference = one ^ other;
  return (difference | -difference) >> 63;
}

/* Of all descriptors of the block: what the block is known by, and which are as they were, and as the parent's are. */
static __always_inline void compare_all(struct scratch* own) {
  struct watch_block* const block = &own->block;
  const __u64 open = block->open;
  __u64 hash = block->block;
  __u64 changed = 0;
  __u64 not_parents = 0;
  for (__u32 place = 0; place < watch_block_size; ++place) {
    if (open >> place == 0) break;
    if ((open >> place & 1) == 0) continue;
    const __u64 address = own->files[place];
    own->inode = (__u64)LOOK(struct file, address, f_inode);
    const __u64 inode = as_number(&own->inode);
    const __u64 number = LOOK(struct inode, inode, i_ino);
    hash = mixed(hash ^ address, inode ^ number << 32);
    not_parents |= differs(own->parents_files[place], address) << place;
    changed |= (differs(own->had_file[place], address) | differs(own->had_inode[place], inode)) << place;
  }
  block->block = hash;
  block->is_parents &= ~not_parents;
  if (block->index == 0) {
    block->is_same = block->had & open & ~changed;
    block->is_other = block->had & open & changed;
  }
}

static long take_block(__u32 index, void* context) {
  struct scratch* const own = own_scratch();
  if (own == 0 || index >= own->table.blocks) return 1;
  struct watch_block* const block = &own->block;
  block->open = word(own->table.open, index);
  if (index == 0) block->open &= ~7ULL;
  if (block->open == 0) return 0;
  block->kind = watch_is_block;
  block->index = index;
  block->had = block->had_marked = block->is_same = block->is_other = block->is_parents = block->parents_marked = 0;
  block->block = mixed(mixed(own->walk.root, index), block->open);
  bpf_probe_read_kernel(own->files, sizeof own->files, (const void*)(own->table.files + index * sizeof own->files));
  if (index < own->had_blocks) {
    const __u32 place = bounded(index, watch_most_blocks_of_fork);
    block->had = own->had[place];
    block->had_marked = own->had_marked[place];
  }
  if (index < own->parents.blocks) {
    block->is_parents = block->open & word(own->parents.open, index);
    block->parents_marked = word(own->parents.marked, index);
    bpf_probe_read_kernel(own->parents_files, sizeof own->parents_files,
                          (const void*)(own->parents.files + index * sizeof own->parents_files));
  }
  compare_all(own);
  block->parents_marked &= block->is_parents;
  const __u64 id = block->block;
  const __u64* const last = bpf_map_lookup_elem(&told, &id);
  if (last == 0 || own->now - *last > records_are_fresh) {
    const __u32 failed = own->failed;
    own->bits = block->open;
    bpf_loop(watch_block_size, describe_next, 0, 0);
    /* Only now: who finds it there finds its records in the ring. */
    if (own->failed == failed) bpf_map_update_elem(&told, &id, &own->now, BPF_ANY);
  }
  if (send(own, block, sizeof *block))
    own->exec.blocks++;
  else
    own->failed++;
  return 0;
}
