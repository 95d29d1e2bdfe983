/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
 *
 * What a descriptor is, and who has made it.
 */
#pragma once

#include "watch/kernel/path.h"

static __always_inline void describe_socket(struct watch_socket* to, struct file* file) {
  struct socket* const socket = BPF_CORE_READ(file, private_data);
  struct sock* const sock = BPF_CORE_READ(socket, sk);
  if (sock == 0) return;
  to->family = BPF_CORE_READ(sock, __sk_common.skc_family);
  to->type = BPF_CORE_READ(socket, type);
  to->protocol = BPF_CORE_READ(sock, sk_protocol);
  to->state = BPF_CORE_READ(sock, __sk_common.skc_state);
  if (to->family == family_ipv4 || to->family == family_ipv6) {
    to->own_port = BPF_CORE_READ(sock, __sk_common.skc_num);
    to->peer_port = BPF_CORE_READ(sock, __sk_common.skc_dport);
  }
  if (to->family == family_ipv4) {
    bpf_core_read(to->own, 4, &sock->__sk_common.skc_rcv_saddr);
    bpf_core_read(to->peer, 4, &sock->__sk_common.skc_daddr);
  }
  if (to->family == family_ipv6) {
    const struct sock_common___with_ipv6* const common = (void*)&sock->__sk_common;
    if (!bpf_core_field_exists(common->skc_v6_daddr)) return;
    bpf_core_read(to->own, 16, &common->skc_v6_rcv_saddr);
    bpf_core_read(to->peer, 16, &common->skc_v6_daddr);
  }
  if (to->family == family_unix && bpf_core_type_exists(struct unix_sock)) {
    struct unix_address* const address = BPF_CORE_READ((struct unix_sock*)sock, addr);
    if (address == 0) return;
    const __u32 size = BPF_CORE_READ(address, len) - 2;
    to->name_size = size > sizeof to->name ? sizeof to->name : size;
    bpf_core_read(to->name, sizeof to->name, &address->name[0].sun_path);
  }
}

static __always_inline void clear_socket(struct watch_socket* socket) {
  __builtin_memset(socket, 0, __builtin_offsetof(struct watch_socket, name));
}

/* Whether what is a root of its own is in the tree: pipes and their like are roots that nobody has mounted. */
static __always_inline _Bool is_mounted(struct walk* walk) {
  walk->next = (__u64)LOOK(struct mount, walk->mount, mnt.mnt_root);
  return as_number(&walk->next) == walk->dentry;
}

static __always_inline void name_alone(struct scratch* own) {
  const __u64 dentry = own->walk.dentry;
  const __u64 size = bounded(LOOK(struct dentry, dentry, d_name.len), name_room);
  bpf_probe_read_kernel(own->descriptor.path, size, LOOK(struct dentry, dentry, d_name.name));
  own->walk.used = size;
}

static __always_inline void tell_maker(struct scratch* own, __u64 file, __s32 fd) {
  const __u64 key = mixed(file, fd);
  const struct watch_maker* const known = bpf_map_lookup_elem(&makers, &key);
  if (known == 0) return;
  bpf_probe_read_kernel(&own->maker, sizeof own->maker, known);
  own->maker.kind = watch_is_maker;
  own->maker.fd = fd;
  own->maker.block = own->block.block;
  __u64 size = __builtin_offsetof(struct watch_maker, stack) + own->maker.stack_size;
  if (size > sizeof own->maker) size = sizeof own->maker;
  if (!send(own, &own->maker, size)) own->failed++;
}

/* Tells of the next descriptor of the block in hand. */
static long describe_next(__u32 index, void* context) {
  struct scratch* const own = own_scratch();
  if (own == 0 || own->bits == 0) return 1;
  const __u64 place = bounded(lowest(own->bits), watch_block_size);
  own->bits &= own->bits - 1;
  struct file* const file = (struct file*)own->files[place];
  struct watch_descriptor* const to = &own->descriptor;
  struct inode* const inode = BPF_CORE_READ(file, f_inode);
  struct super_block* const super = BPF_CORE_READ(inode, i_sb);
  to->kind = watch_is_descriptor;
  to->fd = own->block.index * watch_block_size + place;
  to->block = own->block.block;
  to->file = (__u64)file;
  to->inode = BPF_CORE_READ(inode, i_ino);
  to->mode = BPF_CORE_READ(inode, i_mode);
  to->device = BPF_CORE_READ(super, s_dev);
  to->magic = BPF_CORE_READ(super, s_magic);
  clear_socket(&to->socket);
  begin_walk(&own->walk, (__u64)file);
  if ((to->mode & type_of_mode) == is_socket && to->magic == magic_of_sockets)
    describe_socket(&to->socket, file);
  else if (own->walk.flags & watch_is_root && !is_mounted(&own->walk))
    name_alone(own);
  else {
    own->walk.flags &= ~watch_is_root;
    bpf_loop(most_steps, step_of_descriptor, 0, 0);
  }
  __u32 size = own->walk.used;
  if (size > sizeof to->path) size = sizeof to->path;
  to->path_size = size;
  to->place = own->walk.flags;
  size += __builtin_offsetof(struct watch_descriptor, path);
  if (size > sizeof *to) size = sizeof *to;
  if (!send(own, to, size)) own->failed++;
  if (notes_makers) tell_maker(own, to->file, to->fd);
  return 0;
}
