// SPDX-License-Identifier: Apache-2.0
//
// Declares every function of the catalogue: the system's headers where they do, and what no current header declares
// (old names, fortified names, functions newer than this libc). Each comes with its man page or its source. To call one
// by its own name here would be to call the shim: see next.h.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <gnu/libc-version.h>
#include <mntent.h>
#include <mqueue.h>
#include <netdb.h>
#include <pty.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>
#include <wordexp.h>

struct open_how;     // linux/openat2.h
struct sockaddr_in;  // netinet/in.h
struct CLIENT;       // rpc/clnt.h
struct SVCXPRT;      // rpc/svc.h

extern "C" {

// glibc, io/: further names of open(2) and openat(2); those in _2 are called by programs built with _FORTIFY_SOURCE.
int __open(const char* path, int flags, ...);
int __open64(const char* path, int flags, ...);
int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
int __openat_2(int directory, const char* path, int flags);
int __openat64_2(int directory, const char* path, int flags);
int openat2(int directory, const char* path, const open_how* how, size_t size);  // openat2(2)

// glibc, libio/: what programs linked before glibc 2.1, and some C++ runtimes, call.
FILE* _IO_fopen(const char* path, const char* mode);
FILE* _IO_popen(const char* command, const char* mode);
FILE* _IO_proc_open(FILE* stream, const char* command, const char* mode);
FILE* _IO_file_fopen(FILE* stream, const char* path, const char* mode, int is_32_not_64);
FILE* _IO_file_open(FILE* stream, const char* path, int flags, int permissions, int read_write, int is_32_not_64);
FILE* __setmntent(const char* path, const char* mode);

// glibc: further names of fcntl(2), dup2(2) and pipe(2).
int __fcntl(int fd, int command, ...);
int __dup2(int from, int to) noexcept;
int __pipe(int ends[2]) noexcept;
int pidfd_open(pid_t process, unsigned flags) noexcept;  // pidfd_open(2): since glibc 2.36
pid_t __vfork() noexcept;                                // and of vfork(2), fork(2), close(2)
pid_t __fork() noexcept;
int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...);  // clone(2)
mqd_t __mq_open_2(const char* name, int flags);                                    // mq_open(3) under _FORTIFY_SOURCE
int __close(int fd);
int __endmntent(FILE* stream);
int _IO_fclose(FILE* stream);
int _IO_pclose(FILE* stream);
// glibc before 2.34 declares neither.
// NOLINTBEGIN(readability-redundant-declaration)
pid_t _Fork() noexcept;
int execveat(int directory, const char* path, char* const arguments[], char* const environment[], int flags) noexcept;
// NOLINTEND(readability-redundant-declaration)

#ifndef __LP64__
// glibc, 2.34 and later on 32-bit machines: what programs built with _TIME_BITS=64 call.
struct __timespec64;
int __fcntl_time64(int fd, int command, ...);
int __ioctl_time64(int fd, unsigned long request, ...) noexcept;
ssize_t __recvmsg64(int fd, msghdr* message, int flags);
int __recvmmsg64(int fd, mmsghdr* messages, unsigned count, int flags, __timespec64* timeout);
int __fts64_close_time64(FTS64* walk);
FTS64* __fts64_open_time64(char* const* paths, int options, int (*compare)(const FTSENT64**, const FTSENT64**));
#endif

// fsopen(2), fsmount(2), fspick(2), open_tree(2): <sys/mount.h> since glibc 2.36.
int fsopen(const char* file_system, unsigned flags) noexcept;
int fsmount(int context, unsigned flags, unsigned attributes) noexcept;
int fspick(int directory, const char* path, unsigned flags) noexcept;
int open_tree(int directory, const char* path, unsigned flags) noexcept;

// rpc_clnt_create(3), rpc_svc_create(3): in libtirpc, and for old binaries in glibc.
CLIENT* clnttcp_create(sockaddr_in* address, unsigned long program, unsigned long version, int* fd, unsigned send_size,
                       unsigned receive_size);
CLIENT* clntudp_create(sockaddr_in* address, unsigned long program, unsigned long version, timeval wait, int* fd);
CLIENT* clntudp_bufcreate(sockaddr_in* address, unsigned long program, unsigned long version, timeval wait, int* fd,
                          unsigned send_size, unsigned receive_size);
CLIENT* clntunix_create(void* address, unsigned long program, unsigned long version, int* fd, unsigned send_size,
                        unsigned receive_size);
SVCXPRT* svctcp_create(int fd, unsigned send_size, unsigned receive_size);
SVCXPRT* svcudp_create(int fd);
SVCXPRT* svcudp_bufcreate(int fd, unsigned send_size, unsigned receive_size);
SVCXPRT* svcunix_create(int fd, unsigned send_size, unsigned receive_size, char* path);
// What uses a descriptor: glibc, debug/: what programs built with _FORTIFY_SOURCE call; io/ before 2.33; further names.
ssize_t __read(int fd, void* buffer, size_t size);
ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room);
ssize_t __pread_chk(int fd, void* buffer, size_t size, off_t offset, size_t room);
ssize_t __pread64_chk(int fd, void* buffer, size_t size, off64_t offset, size_t room);
ssize_t __write(int fd, const void* data, size_t size);
ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags, sockaddr* from, socklen_t* length);
ssize_t __send(int fd, const void* data, size_t size, int flags);
int __connect(int fd, const sockaddr* address, socklen_t length);
int __fxstat(int version, int fd, struct stat* status) noexcept;
int __fxstat64(int version, int fd, struct stat64* status) noexcept;
off_t __lseek(int fd, off_t offset, int whence) noexcept;
}
