/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
 *
 * The few structures of the kernel that are looked into, and of each the few members: where these are is found at load,
 * from the BTF of the kernel that runs (BPF CO-RE). Hence no vmlinux.h of the machine that builds.
 */
#pragma once

#include <linux/bpf.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
  union {
    struct {
      __u32 hash;
      __u32 len;
    };
    __u64 hash_len;
  };
  const unsigned char* name;
};

struct super_block {
  __u32 s_dev;
  unsigned long s_magic;
};

struct hlist_bl_node {
  struct hlist_bl_node** pprev;
};

struct inode {
  unsigned short i_mode;
  unsigned long i_ino;
  struct super_block* i_sb;
};

struct dentry {
  struct hlist_bl_node d_hash;
  struct dentry* d_parent;
  struct qstr d_name;
  struct inode* d_inode;
};

struct vfsmount {
  struct dentry* mnt_root;
};

struct mount {
  struct mount* mnt_parent;
  struct dentry* mnt_mountpoint;
  struct vfsmount mnt;
};

struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
};

struct file {
  struct path f_path;
  struct inode* f_inode;
  void* private_data;
};

struct fdtable {
  unsigned int max_fds;
  struct file** fd;
  unsigned long* close_on_exec;
  unsigned long* open_fds;
};

struct files_struct {
  struct fdtable* fdt;
};

struct fs_struct {
  struct path root;
};

struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
  unsigned long env_start;
  unsigned long env_end;
  struct file* exe_file;
};

struct kernfs_node {
  struct kernfs_node* parent;
  const char* name;
  __u64 id;
};

/* As Linux 6.15 has renamed it. */
struct kernfs_node___since_6_15 {
  struct kernfs_node* __parent;
};

struct cgroup {
  struct kernfs_node* kn;
};

struct css_set {
  struct cgroup* dfl_cgrp;
};

struct task_struct {
  int pid;
  int tgid;
  struct task_struct* real_parent;
  struct task_struct* group_leader;
  struct mm_struct* mm;
  struct files_struct* files;
  struct fs_struct* fs;
  struct css_set* cgroups;
};

/* Of x86-64; elsewhere there is no such member. */
struct pt_regs {
  unsigned long r15;
  unsigned long r14;
  unsigned long r13;
  unsigned long r12;
  unsigned long bp;
  unsigned long bx;
  unsigned long r10;
  unsigned long si;
  unsigned long di;
  unsigned long orig_ax;
  unsigned long ip;
  unsigned long cs;
  unsigned long sp;
};

struct linux_binprm {
  unsigned int have_execfd : 1;
  unsigned int secureexec : 1;
  int execfd;
  const char* filename;
};

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
};

struct in6_addr {
  union {
    __u8 u6_addr8[16];
  } in6_u;
};

struct sock_common___with_ipv6 {
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
  struct sock_common __sk_common;
  __u16 sk_type;
  __u16 sk_protocol;
};

struct socket {
  short type;
  struct sock* sk;
};

struct sockaddr_un {
  unsigned short sun_family;
  char sun_path[108];
};

struct unix_address {
  int len;
  struct sockaddr_un name[0];
};

struct unix_sock {
  struct unix_address* addr;
};

#pragma clang attribute pop
