// SPDX-License-Identifier: Apache-2.0
//
// libc's functions that make descriptors and close them, reached in two ways: by name, which is the shim's where that
// is preloaded, and past every preload. With both in one process their times can be taken in turns, so that what else
// the machine does falls on both alike.

#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#define BENCH_FUNCTIONS(X) \
  X(open)                  \
  X(fopen)                 \
  X(mkstemp)               \
  X(mkostemp)              \
  X(dup)                   \
  X(fcntl)                 \
  X(dup2)                  \
  X(dup3)                  \
  X(pipe)                  \
  X(pipe2)                 \
  X(socket)                \
  X(accept)                \
  X(accept4)               \
  X(recvmsg)               \
  X(epoll_create)          \
  X(epoll_create1)         \
  X(eventfd)               \
  X(posix_openpt)          \
  X(open_tree)             \
  X(close)                 \
  X(fclose)                \
  X(execve)                \
  X(posix_spawn)

struct Functions {
#define BENCH_MEMBER(name) decltype(&::name) name;
  BENCH_FUNCTIONS(BENCH_MEMBER)
#undef BENCH_MEMBER
};

/// As the program's own calls reach them.
const Functions& by_name();

/// libc's own, whatever is preloaded: dlsym(3) of libc's handle. Ends the process when there is none.
const Functions& of_libc();
