/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
 *
 * What the program in the kernel keeps, and how it sends records.
 */
#pragma once

#include "watch/event.h"
#include "watch/kernel/structures.h"

/* Only processes that are noted so, and what they start. */
const volatile _Bool watches_some = 0;
const volatile _Bool can_cast = 0;

/* Who makes descriptors is noted. The bits of system calls that return one, and of those that return two by memory. */
const volatile _Bool notes_makers = 0;
const volatile __u64 making_calls[8] = {0};
const volatile __u64 pair_calls[8] = {0};
const volatile __u32 control_call = 0; /* fcntl(2), which may make one */
const volatile __u32 socketpair_call = 0;

enum { most_steps = 256, most_groups = 24, name_room = 256, most_blocks = 1 << 14 };
enum { family_unix = 1, family_ipv4 = 2, family_ipv6 = 10 };
enum { type_of_mode = 0170000, is_socket = 0140000 };
enum { magic_of_sockets = 0x534F434B };
enum { records_are_fresh = 1000000000 }; /* nanoseconds */

/* What is kept with a process. */
struct note {
  __u64 image;
  __u32 is_watched;
  __u32 is_forked;
  __u32 shares_table;
  __u32 has_lost_birth;
  __u32 blocks;
  __u32 padding;
  __u64 open[watch_most_blocks_of_fork];
  __u64 marked[watch_most_blocks_of_fork];
  __u64 file[watch_most_files_of_fork];
  __u64 inode[watch_most_files_of_fork];
};

struct walk { /* addresses of the kernel */
  __u64 dentry;
  __u64 mount;
  __u64 root;
  __u64 root_mount;
  __u64 next;
  __u32 used;
  __u32 flags;
};

struct table {
  __u64 open; /* addresses of the kernel */
  __u64 marked;
  __u64 files;
  __u32 blocks;
  __u32 padding;
};

/* One a processor: too large for a stack. */
struct scratch {
  __u64 lost;
  __u64 count;
  struct walk walk;
  struct table table;
  struct table parents;
  __u64 inode;
  __u64 group;
  __u64 executable;
  __u64 now;
  __u64 bits;
  __u32 index;
  __u32 failed;
  __u64 had[watch_most_blocks_of_fork];
  __u64 had_marked[watch_most_blocks_of_fork];
  __u64 had_file[watch_most_files_of_fork];
  __u64 had_inode[watch_most_files_of_fork];
  __u32 had_blocks;
  __u32 padding;
  __u64 files[watch_block_size];
  __u64 parents_files[watch_block_size];
  struct watch_block block;
  struct watch_descriptor descriptor;
  struct watch_maker maker;
  struct watch_exec exec;
};

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct note);
} notes SEC(".maps");

/* What is known of a process besides: a thread that execs takes the place of the one that has the note. */
struct brief {
  __u64 image;
  __u64 is_watched;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, struct brief);
} briefs SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20);
} records SEC(".maps");

/* When the descriptors of a block were last told. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, __u64);
} told SEC(".maps");

/* By mixed(file, number). */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct watch_maker);
} makers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct watch_maker);
} maker_scratches SEC(".maps");

static __always_inline struct scratch* own_scratch(void) {
  const __u32 processor = bpf_get_smp_processor_id();
  return bpf_map_lookup_elem(&scratches, &processor);
}

static __always_inline __u64 mixed(__u64 hash, __u64 value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ hash >> 29;
}

/* The place of the lowest bit that is set. clang 14 has no code for its own function of that kind. */
static __always_inline __u32 lowest(__u64 bits) {
  __u64 below = (bits & -bits) - 1;
  below -= below >> 1 & 0x5555555555555555ULL;
  below = (below & 0x3333333333333333ULL) + (below >> 2 & 0x3333333333333333ULL);
  below = (below + (below >> 4)) & 0x0F0F0F0F0F0F0F0FULL;
  return below * 0x0101010101010101ULL >> 56;
}

/* A number below `end`, a power of two, in a way that the verifier understands. */
static __always_inline __u64 bounded(__u64 number, __u64 end) {
  number &= end - 1;
  barrier_var(number);
  return number;
}

/* What was stored as an address: no verifier lets anybody reckon with a pointer that it has in hand. */
static __always_inline __u64 as_number(const __u64* address) { return *(const volatile __u64*)address; }

/* The reader looks every few milliseconds by itself: waking it up costs more than all else here. */
static __always_inline _Bool send(struct scratch* own, void* record, __u64 size) {
  const __u64 waiting = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA);
  const __u64 room = bpf_ringbuf_query(&records, BPF_RB_RING_SIZE);
  if (bpf_ringbuf_output(&records, record, size, waiting > room / 4 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP) == 0)
    return 1;
  __sync_fetch_and_add(&own->lost, 1);
  return 0;
}
