// SPDX-License-Identifier: Apache-2.0
//
// What the program in the kernel tells the command: records in a ring buffer, each beginning with its kind. Plain C, as
// clang compiles it for both. Descriptors are told of by blocks of 64 numbers, as a table has them: what is in a block
// is told once a second at most, however often it crosses.
#pragma once

#include <linux/types.h>

enum watch_kind {
  watch_is_descriptor = 1, /* what an open descriptor is: before the first block that has it */
  watch_is_block = 2,      /* 64 numbers of a new program: before the exec that has them */
  watch_is_exec = 3,
  watch_is_maker = 4, /* who has made a descriptor: behind that, where it is asked for */
};

enum watch_limit {
  watch_block_size = 64,
  watch_path_room = 4096,
  watch_text_room = 32768, /* a power of two; paths, arguments and environment of one exec */
  watch_most_arguments = 4096,
  watch_most_environment = 16384,
  watch_most_blocks_of_fork = 16,
  watch_most_files_of_fork = 64,
  watch_stack_room = 8192,
  watch_register_count = 8, /* as audit::x86_64_registers has them */
};

/* Of an image: it was there before the watch began, and the rest is the number of the process that had it. */
#define WATCH_BEFORE (1ULL << 63)

enum watch_place_flags {
  watch_is_outside = 1,  /* its path does not lead to the root of the process: it is from its mount's root on */
  watch_is_unlinked = 2, /* the file has no name any more */
  watch_is_cut = 4,      /* there was more than has room */
  watch_is_root = 8,     /* the root of its file system, which is how what has no path looks, too */
};

struct watch_socket {
  __u16 family;
  __u16 type;
  __u16 protocol;
  __u16 own_port;  /* as this machine has numbers */
  __u16 peer_port; /* big-endian, as it is in packets */
  __u8 state;
  __u8 name_size; /* of a unix socket's, of which the first byte is 0 when it is abstract */
  __u8 own[16];
  __u8 peer[16];
  char name[108];
};

struct watch_descriptor {
  __u32 kind;
  __s32 fd;
  __u64 block; /* what the block is known by */
  __u64 file;  /* the kernel's, which may come to be another's later */
  __u64 inode;
  __u64 device;
  __u64 magic; /* of the file system: statfs(2) */
  __u32 mode;
  __u32 place; /* flags */
  struct watch_socket socket;
  __u32 path_size;
  char path[watch_path_room + 256]; /* names from the last one on, each with a '/' behind it */
};

struct watch_maker {
  __u32 kind;
  __s32 fd;
  __u64 block;
  __s32 pid;
  __s32 tid;
  __u32 call; /* the number of the system call */
  __u32 stack_size;
  __u64 registers[watch_register_count]; /* none for a machine that is not known */
  char thread[16];
  char stack[watch_stack_room]; /* from the stack pointer on */
};

struct watch_block {
  __u32 kind;
  __u32 index; /* the first number, by 64 */
  __u64 exec;
  __u64 block;
  __u64 open;
  __u64 had;            /* the number was open when the process was forked */
  __u64 had_marked;     /* and close-on-exec */
  __u64 is_same;        /* as then */
  __u64 is_other;       /* certainly another file than then */
  __u64 is_parents;     /* the parent has the same file there now */
  __u64 parents_marked; /* and close-on-exec */
};

enum watch_exec_flags {
  watch_is_forked = 1,      /* the process was forked, and had not exec'd yet */
  watch_is_unknown = 2,     /* how it began: it was there before the watch, or a thread has taken its place */
  watch_shares_table = 4,   /* with its parent, at its fork */
  watch_has_descriptor = 8, /* the kernel has opened `own_descriptor` for the program: binfmt_misc */
  watch_cut_arguments = 16,
  watch_cut_environment = 32,
  watch_is_secure = 64, /* AT_SECURE: set-user-ID and its like */
};

struct watch_exec {
  __u32 kind;
  __u32 flags;
  __u64 id;     /* of the image */
  __u64 before; /* the image that this one has replaced */
  __u64 time;   /* nanoseconds of CLOCK_MONOTONIC */
  __u64 cgroup;
  __s32 pid;
  __s32 tid; /* the thread that has exec'd */
  __s32 ppid;
  __u32 uid;
  __s32 own_descriptor;
  __u32 blocks; /* that crossed */
  __u32 place;  /* flags of the executable's path */
  /* What `text` has, one behind the other. */
  __u32 executable_size;  /* as a path of a descriptor is */
  __u32 name_size;        /* by which it was started, with its NUL */
  __u32 cgroup_size;      /* names from the last one on */
  __u32 arguments_size;   /* each with its NUL */
  __u32 environment_size; /* only when something crossed */
  char text[watch_text_room + watch_most_environment];
};
