// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Runs in the kernel at each exec and each fork of the machine. At the tracepoint sched_process_exec close-on-exec has
// been applied already: what is open above 2 is what has crossed. What a process had when it was forked is noted with
// it, so that its own can be told from what it got.

// libbpf's headers take the kernel's types from what stands before them.
// clang-format off
#include "watch/kernel/structures.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "watch/kernel/program.h"
// clang-format on

/* Only to such a program the kernel lends what reads its memory (bpf-helpers(7)). */
char LICENSE[] SEC("license") = "GPL";

/* The note of a process that execs; null when it is not watched. */
static __always_inline struct note* note_of(struct scratch* own, struct task_struct* task) {
  struct note* const known = bpf_task_storage_get(&notes, task, 0, 0);
  if (known != 0 && known->image != 0) return known;
  const __u32 process = task->tgid;
  const struct brief* const brief = bpf_map_lookup_elem(&briefs, &process);
  if (watches_some && (brief == 0 || !brief->is_watched)) return 0;
  struct note* const note = bpf_task_storage_get(&notes, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (note == 0) {
    __sync_fetch_and_add(&own->lost, 1);
  } else if (brief != 0) {
    note->image = brief->image;
    note->is_watched = brief->is_watched;
    note->has_lost_birth = 1;
  }
  return note;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(execed, struct task_struct* task, int former, struct linux_binprm* program) {
  struct scratch* const own = own_scratch();
  if (own == 0) return 0;
  struct note* const note = note_of(own, task);
  if (note == 0) return 0;
  struct watch_exec* const exec = &own->exec;
  own->now = bpf_ktime_get_ns();
  own->failed = 0;
  exec->kind = watch_is_exec;
  exec->id = ++own->count << 16 | bpf_get_smp_processor_id();
  exec->time = own->now;
  exec->pid = task->tgid;
  exec->tid = former;
  exec->ppid = task->real_parent->tgid;
  exec->uid = bpf_get_current_uid_gid();
  exec->blocks = 0;
  take_note(own, note, task);
  exec->own_descriptor = -1;
  if (BPF_CORE_READ_BITFIELD_PROBED(program, have_execfd)) {
    exec->flags |= watch_has_descriptor;
    exec->own_descriptor = program->execfd;
  }
  if (BPF_CORE_READ_BITFIELD_PROBED(program, secureexec)) exec->flags |= watch_is_secure;
  note_root(&own->walk, task);
  own->block.exec = exec->id;
  open_table(&own->table, task);
  open_table(&own->parents, task->real_parent);
  bpf_loop(most_blocks, take_block, 0, 0);
  describe_exec(own, task, program);
  __u32 size = own->walk.used;
  if (size > sizeof exec->text) size = sizeof exec->text;
  size += __builtin_offsetof(struct watch_exec, text);
  if (size > sizeof *exec) size = sizeof *exec;
  send(own, exec, size);
  return 0;
}

static __always_inline void note_table(struct note* note, struct task_struct* task) {
  struct table table;
  open_table(&table, task);
  __u32 blocks = table.blocks;
  if (blocks > watch_most_blocks_of_fork) blocks = watch_most_blocks_of_fork;
  note->blocks = blocks;
  bpf_probe_read_kernel(note->open, blocks * sizeof *note->open, (const void*)table.open);
  bpf_probe_read_kernel(note->marked, blocks * sizeof *note->marked, (const void*)table.marked);
  bpf_probe_read_kernel(note->file, sizeof note->file, (const void*)table.files);
  const __u64 open = note->open[0];
  for (__u32 place = 3; place < watch_most_files_of_fork; ++place) {
    if (open >> place == 0) break;
    if (open >> place & 1) note->inode[place] = (__u64)LOOK(struct file, note->file[place], f_inode);
  }
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(forked, struct task_struct* parent, struct task_struct* child) {
  if (child->pid != child->tgid) return 0;
  const struct note* const parents = bpf_task_storage_get(&notes, parent->group_leader, 0, 0);
  if (watches_some && (parents == 0 || !parents->is_watched)) {
    /* The number may have been that of one that was watched. */
    const __u32 process = child->tgid;
    bpf_map_delete_elem(&briefs, &process);
    return 0;
  }
  struct note* const note = bpf_task_storage_get(&notes, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (note == 0) {
    struct scratch* const own = own_scratch();
    if (own != 0) __sync_fetch_and_add(&own->lost, 1);
    return 0;
  }
  note->image = WATCH_BEFORE | parent->tgid;
  if (parents != 0) {
    if (parents->image != 0) note->image = parents->image;
    note->is_watched = parents->is_watched;
  }
  note->is_forked = 1;
  note->shares_table = parent->files == child->files;
  note_table(note, child);
  write_brief(child->tgid, note);
  return 0;
}

static __always_inline void copy_stack(struct watch_maker* maker, const void* from) {
  maker->stack_size = watch_stack_room;
  if (bpf_probe_read_user(maker->stack, watch_stack_room, from) == 0) return;
  maker->stack_size = watch_stack_room / 4;
  if (bpf_probe_read_user(maker->stack, watch_stack_room / 4, from) == 0) return;
  maker->stack_size = watch_stack_room / 16;
  if (bpf_probe_read_user(maker->stack, watch_stack_room / 16, from) != 0) maker->stack_size = 0;
}

/* What is close-on-exec will not cross. */
static __always_inline void note_maker(const struct pt_regs* registers, __u32 call, __u32 fd) {
  struct task_struct* const task = bpf_get_current_task_btf();
  struct table table;
  open_table(&table, task);
  const __u32 index = fd / watch_block_size;
  if (index >= table.blocks || word(table.marked, index) >> fd % watch_block_size & 1) return;
  const __u32 processor = bpf_get_smp_processor_id();
  struct watch_maker* const maker = bpf_map_lookup_elem(&maker_scratches, &processor);
  if (maker == 0) return;
  maker->pid = task->tgid;
  maker->tid = task->pid;
  maker->call = call;
  bpf_get_current_comm(maker->thread, sizeof maker->thread);
  maker->registers[0] = registers->bx;
  maker->registers[1] = registers->bp;
  maker->registers[2] = registers->r12;
  maker->registers[3] = registers->r13;
  maker->registers[4] = registers->r14;
  maker->registers[5] = registers->r15;
  maker->registers[6] = registers->sp;
  maker->registers[7] = registers->ip;
  maker->stack_size = 0;
  copy_stack(maker, (const void*)registers->sp);
  const __u64 key = mixed(word(table.files, fd), (__s32)fd);
  bpf_map_update_elem(&makers, &key, maker, BPF_ANY);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(returned, struct pt_regs* registers, long result) {
  /* The numbers of 32-bit programs' calls are others. */
  enum { code_of_32_bits = 0x23, numbers = 512 };
  const __u64 call = registers->orig_ax;
  if (result < 0 || call >= numbers || registers->cs == code_of_32_bits) return 0;
  const __u64 index = bounded(call >> 6, 8);
  const __u64 bit = 1ULL << (call & 63);
  if (making_calls[index] & bit) {
    if (result > 2 && (call != control_call || registers->si == 0)) note_maker(registers, call, result);
  } else if (pair_calls[index] & bit) {
    int pair[2] = {-1, -1};
    bpf_probe_read_user(pair, sizeof pair, (const void*)(call == socketpair_call ? registers->r10 : registers->di));
    if (pair[0] > 2) note_maker(registers, call, pair[0]);
    if (pair[1] > 2) note_maker(registers, call, pair[1]);
  }
  return 0;
}
