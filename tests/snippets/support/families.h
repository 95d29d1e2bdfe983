// SPDX-License-Identifier: Apache-2.0
//
// The bodies that several names share. The table says which body a name has, and of which kind it is.
#pragma once

#include "snippet.h"

enum open_kind { open_plain, open_at, open_fortified, open_at_fortified, open_how, open_handle };
extern const struct maker open_maker;
void run_open(void);
void block_open(void);

extern const struct maker creat_maker;
void run_creat(void);
void block_creat(void);

enum stream_kind { stream_by_path, stream_reopened, stream_of_mounts, stream_by_file_fopen, stream_by_file_open };
void run_stream(void);
void block_stream(void);
void run_popen(void);
void run_proc_open(void);

enum temp_kind { temp_plain, temp_suffix, temp_flags, temp_suffix_flags };
void run_mkstemp(void);
void run_tmpfile(void);
void run_memfd(void);

extern const struct maker dup_maker, dup2_maker, dup3_maker, fcntl_maker;
void run_dup(void);
void run_dup2(void);
void run_dup3(void);
void run_fcntl(void);
void block_fcntl(void);

enum pipe_kind { pipe_plain, pipe_flags };
extern const struct maker pipe_maker;
void run_pipe(void);

extern const struct maker socket_maker, socketpair_maker;
void run_socket(void);
void run_socketpair(void);

enum accept_kind { accept_plain, accept_flags };
extern const struct maker accept_maker;
void run_accept(void);
void block_accept(void);

enum receive_kind { receive_one, receive_many };
extern const struct maker receive_maker;
void run_receive(void);
void block_receive(void);

enum remote_kind { remote_rcmd, remote_rcmd_af, remote_rexec, remote_rexec_af };
void run_remote(void);
enum port_kind { port_plain, port_af };
void run_rresvport(void);

enum client_kind { client_tcp, client_udp, client_udp_buffers, client_unix };
void run_rpc_client(void);
enum server_kind { server_tcp, server_udp, server_udp_buffers, server_unix };
void run_rpc_server(void);

enum epoll_kind { epoll_size, epoll_flags };
void run_epoll(void);
enum inotify_kind { inotify_plain, inotify_flags };
void run_inotify(void);
void run_eventfd(void);
void run_signalfd(void);
void run_timerfd(void);
void run_fanotify(void);

enum terminal_kind { terminal_flags, terminal_plain };
void run_posix_openpt(void);
void run_openpty(void);
void run_forkpty(void);
void run_peer(void);

void run_fsopen(void);
void run_fsmount(void);
void run_fspick(void);
void run_open_tree(void);

void run_fts(void);

void run_by_number(void);

enum exec_kind { exec_vector, exec_vector_environment, exec_list, exec_at, exec_descriptor, exec_spawn };
extern const struct maker exec_maker;
void run_exec(void);
