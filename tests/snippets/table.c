// SPDX-License-Identifier: Apache-2.0
//
// What runs each function of the catalogue, in the catalogue's order. `complete.py` names what is missing here.

#include "families.h"

const struct snippet all_snippets[] = {
    SNIPPET(open, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_plain),
    // 64-bit off_t, as all names with 64.
    SNIPPET(open64, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_plain),
    // glibc's other names of both.
    SNIPPET(__open, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_plain),
    SNIPPET(__open64, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_plain),
    // What programs built with _FORTIFY_SOURCE call when they open without a mode.
    SNIPPET(__open_2, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_fortified),
    SNIPPET(__open64_2, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_fortified),
    SNIPPET(openat, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_at),
    SNIPPET(openat64, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_at),
    SNIPPET(__openat_2, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_at_fortified),
    SNIPPET(__openat64_2, .run = run_open, .block = block_open, .in_vfork = &open_maker, .kind = open_at_fortified),
    // In glibc since 2.43, so that most programs that have it found it by dlsym.
    SNIPPET(openat2, .run = run_open, .block = block_open, .kind = open_how),
    // Opens what name_to_handle_at found.
    SNIPPET(open_by_handle_at, .run = run_open, .block = block_open, .kind = open_handle),
    SNIPPET(creat, .run = run_creat, .block = block_creat, .in_vfork = &creat_maker),
    SNIPPET(creat64, .run = run_creat, .block = block_creat, .in_vfork = &creat_maker),
    SNIPPET(fts_open, .run = run_fts),
    SNIPPET(fts64_open, .run = run_fts),

    SNIPPET(fopen, .run = run_stream, .block = block_stream, .kind = stream_by_path),
    // What libstdc++ calls.
    SNIPPET(fopen64, .run = run_stream, .block = block_stream, .kind = stream_by_path),
    SNIPPET(freopen, .run = run_stream, .block = block_stream, .kind = stream_reopened),
    SNIPPET(freopen64, .run = run_stream, .block = block_stream, .kind = stream_reopened),
    SNIPPET(popen, .run = run_popen),
    // An fopen that glibc makes close-on-exec and musl does not.
    SNIPPET(setmntent, .run = run_stream, .kind = stream_of_mounts),
    SNIPPET(__setmntent, .run = run_stream, .kind = stream_of_mounts),
    // As programs linked before glibc 2.1 call fopen, and the parts of it that open the file and make the descriptor.
    SNIPPET(_IO_fopen, .run = run_stream, .block = block_stream, .kind = stream_by_path),
    SNIPPET(_IO_file_fopen, .run = run_stream, .kind = stream_by_file_fopen),
    SNIPPET(_IO_file_open, .run = run_stream, .kind = stream_by_file_open),
    // As such programs call popen, and the part of it that starts the child.
    SNIPPET(_IO_popen, .run = run_popen),
    SNIPPET(_IO_proc_open, .run = run_proc_open),

    SNIPPET(mkstemp, .run = run_mkstemp, .kind = temp_plain),
    SNIPPET(mkstemp64, .run = run_mkstemp, .kind = temp_plain),
    SNIPPET(mkstemps, .run = run_mkstemp, .kind = temp_suffix),
    SNIPPET(mkstemps64, .run = run_mkstemp, .kind = temp_suffix),
    SNIPPET(mkostemp, .run = run_mkstemp, .kind = temp_flags),
    SNIPPET(mkostemp64, .run = run_mkstemp, .kind = temp_flags),
    SNIPPET(mkostemps, .run = run_mkstemp, .kind = temp_suffix_flags),
    SNIPPET(mkostemps64, .run = run_mkstemp, .kind = temp_suffix_flags),
    SNIPPET(tmpfile, .run = run_tmpfile),
    SNIPPET(tmpfile64, .run = run_tmpfile),
    SNIPPET(memfd_create, .run = run_memfd),

    SNIPPET(dup, .run = run_dup, .in_vfork = &dup_maker),
    // With F_DUPFD.
    SNIPPET(fcntl, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker),
    SNIPPET(fcntl64, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker),
    SNIPPET(__fcntl, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker),

    SNIPPET(dup2, .run = run_dup2, .in_vfork = &dup2_maker),
    // glibc's other name of dup2.
    SNIPPET(__dup2, .run = run_dup2, .in_vfork = &dup2_maker),
    SNIPPET(dup3, .run = run_dup3, .in_vfork = &dup3_maker),

    SNIPPET(pipe, .run = run_pipe, .in_vfork = &pipe_maker, .kind = pipe_plain),
    // glibc's other name of pipe.
    SNIPPET(__pipe, .run = run_pipe, .in_vfork = &pipe_maker, .kind = pipe_plain),
    SNIPPET(pipe2, .run = run_pipe, .in_vfork = &pipe_maker, .kind = pipe_flags),

    SNIPPET(socket, .run = run_socket, .in_vfork = &socket_maker),
    SNIPPET(socketpair, .run = run_socketpair, .in_vfork = &socketpair_maker),
    SNIPPET(rcmd, .run = run_remote, .kind = remote_rcmd),
    SNIPPET(rcmd_af, .run = run_remote, .kind = remote_rcmd_af),
    SNIPPET(rexec, .run = run_remote, .kind = remote_rexec),
    SNIPPET(rexec_af, .run = run_remote, .kind = remote_rexec_af),
    SNIPPET(rresvport, .run = run_rresvport, .kind = port_plain),
    SNIPPET(rresvport_af, .run = run_rresvport, .kind = port_af),
    // SunRPC, in glibc for old binaries only.
    SNIPPET(clnttcp_create, .run = run_rpc_client, .kind = client_tcp),
    SNIPPET(clntudp_create, .run = run_rpc_client, .kind = client_udp),
    SNIPPET(clntudp_bufcreate, .run = run_rpc_client, .kind = client_udp_buffers),
    SNIPPET(clntunix_create, .run = run_rpc_client, .kind = client_unix),
    SNIPPET(svctcp_create, .run = run_rpc_server, .kind = server_tcp),
    SNIPPET(svcudp_create, .run = run_rpc_server, .kind = server_udp),
    SNIPPET(svcudp_bufcreate, .run = run_rpc_server, .kind = server_udp_buffers),
    SNIPPET(svcunix_create, .run = run_rpc_server, .kind = server_unix),

    SNIPPET(accept, .run = run_accept, .block = block_accept, .in_vfork = &accept_maker, .kind = accept_plain),
    SNIPPET(accept4, .run = run_accept, .block = block_accept, .in_vfork = &accept_maker, .kind = accept_flags),

    SNIPPET(recvmsg, .run = run_receive, .block = block_receive, .in_vfork = &receive_maker, .kind = receive_one),
    SNIPPET(recvmmsg, .run = run_receive, .block = block_receive, .kind = receive_many),

    SNIPPET(epoll_create, .run = run_epoll, .kind = epoll_size),
    SNIPPET(epoll_create1, .run = run_epoll, .kind = epoll_flags),
    SNIPPET(eventfd, .run = run_eventfd),
    SNIPPET(signalfd, .run = run_signalfd),
    SNIPPET(timerfd_create, .run = run_timerfd),
    SNIPPET(inotify_init, .run = run_inotify, .kind = inotify_plain),
    SNIPPET(inotify_init1, .run = run_inotify, .kind = inotify_flags),
    // Itself, and the descriptors that its events bring.
    SNIPPET(fanotify_init, .run = run_fanotify),

    SNIPPET(posix_openpt, .run = run_posix_openpt, .kind = terminal_flags),
    SNIPPET(getpt, .run = run_posix_openpt, .kind = terminal_plain),
    SNIPPET(openpty, .run = run_openpty),
    SNIPPET(forkpty, .run = run_forkpty),
    // With TIOCGPTPEER.
    SNIPPET(ioctl, .run = run_peer),

    SNIPPET(fsopen, .run = run_fsopen),
    SNIPPET(fsmount, .run = run_fsmount),
    SNIPPET(fspick, .run = run_fspick),
    SNIPPET(open_tree, .run = run_open_tree),

    // By every number that makes a descriptor.
    SNIPPET(syscall, .run = run_by_number),

    SNIPPET(execve, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector_environment),
    SNIPPET(execv, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector),
    SNIPPET(execvp, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector),
    SNIPPET(execvpe, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_vector_environment),
    SNIPPET(execl, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_list),
    SNIPPET(execlp, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_list),
    SNIPPET(execle, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_list),
    SNIPPET(execveat, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_at),
    SNIPPET(fexecve, .run = run_exec, .in_vfork = &exec_maker, .kind = exec_descriptor),
    SNIPPET(posix_spawn, .run = run_exec, .kind = exec_spawn),
    SNIPPET(posix_spawnp, .run = run_exec, .kind = exec_spawn),

#if __SIZEOF_POINTER__ == 4
    // 32-bit programs built with _TIME_BITS=64.
    SNIPPET(__fts64_open_time64, .run = run_fts),
    SNIPPET(__fcntl_time64, .run = run_fcntl, .block = block_fcntl, .in_vfork = &fcntl_maker),
    SNIPPET(__recvmsg64, .run = run_receive, .block = block_receive, .in_vfork = &receive_maker, .kind = receive_one),
    SNIPPET(__recvmmsg64, .run = run_receive, .block = block_receive, .kind = receive_many),
    SNIPPET(__ioctl_time64, .run = run_peer),
#endif

    {.name = NULL},
};
