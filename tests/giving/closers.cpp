// SPDX-License-Identifier: Apache-2.0

#include "closers.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fts.h>
#include <mntent.h>
#include <mqueue.h>
#include <unistd.h>
#include <utmp.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "raw.h"

extern "C" int __close(int fd);
#ifndef __LP64__
// glibc, 2.34 and later: what fts(3) is in programs built with _TIME_BITS=64.
extern "C" FTS* __fts64_open_time64(char* const* paths, int options, void* compare);
extern "C" int __fts64_close_time64(FTS* walk);
#endif

namespace {

constexpr char forced[] = "/etc/passwd";
constexpr char secret[] = "/etc/group";
constexpr char nowhere[] = "/nonexistent/file";

FILE* stream = nullptr;
DIR* directory = nullptr;
FTS* walk = nullptr;
std::filebuf* buffer = nullptr;
const char* terminal = nullptr;

int open_forced() { return open(forced, O_RDONLY); }

int open_stream() { return fileno(stream = std::fopen(forced, "r")); }

int open_secret() { return raw_open(secret, O_RDONLY | O_CLOEXEC); }

int open_directory() { return raw_open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

int open_pipe() {
  int ends[2] = {-1, -1};
  raw_call(SYS_pipe2, reinterpret_cast<long>(ends), O_CLOEXEC);
  return ends[0];
}

int open_terminal() { return raw_open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC); }

int lowest_free() {
  const int fd = raw_open("/dev/null", O_RDONLY | O_CLOEXEC);
  raw_close(fd);
  return fd;
}

/// Its directory stays open during a walk that changes directories; which number that is only the kernel tells.
template <typename Open>
int open_walk_by(Open open_it) {
  char root[] = "/proc/self/task";
  char* roots[] = {root, nullptr};
  const int fd = lowest_free();
  walk = open_it(roots, FTS_PHYSICAL, nullptr);
  return fd;
}

int open_queue() {
  const std::string name = "/giving-" + std::to_string(getpid());
  const mqd_t queue = mq_open(name.c_str(), O_CREAT | O_RDWR, 0600, nullptr);
  mq_unlink(name.c_str());
  const int high = raw_dup3(queue, 300, O_CLOEXEC);
  raw_close(queue);
  return dup(high);
}

int open_a_terminal() {
  const int controller = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (controller < 0 || grantpt(controller) != 0 || unlockpt(controller) != 0) return -1;
  terminal = ptsname(controller);
  raw_dup3(controller, 301, O_CLOEXEC);
  close(controller);
  return open(terminal, O_RDWR | O_NOCTTY);
}

/// The program's output is needed afterwards.
void log_in(int fd) {
  const int saved = 302;
  raw_dup3(1, saved, O_CLOEXEC);
  if (login_tty(fd) != 0) abort();
  for (const int standard : {0, 1, 2}) raw_dup3(saved, standard, 0);
}

/// Something else comes to be there, whose kind the shim has to note; that is closed unseen.
void put_socket_onto(int fd, int flags) {
  const int source = raw_socket(SOCK_STREAM | SOCK_CLOEXEC);
  if ((flags == 0 ? dup2(source, fd) : dup3(source, fd, flags)) != fd) abort();
  raw_close(source);
}

void close_by_old_name(int) {
  const auto old = reinterpret_cast<int (*)(FILE*)>(dlsym(RTLD_DEFAULT, "_IO_fclose"));
  if (old == nullptr) {
    std::puts("no _IO_fclose");
    std::exit(0);
  }
  old(stream);
}

int open_buffer() {
  const int fd = lowest_free();
  buffer = new std::filebuf;
  if (buffer->open(forced, std::ios::in) == nullptr) abort();
  return fd;
}

constexpr auto nothing = [](int) {};
constexpr auto reopen_as = [](const char* mode) {
  stream = std::freopen(mode != nullptr ? secret : nowhere, mode != nullptr ? mode : "r", stream);
};

constexpr Closer all[] = {
    {"nothing", open_forced, nothing, nullptr},
    {"close", open_forced, [](int fd) { close(fd); }, open_secret},
    {"__close", open_forced, [](int fd) { __close(fd); }, open_secret},
    {"syscall", open_forced, [](int fd) { syscall(SYS_close, fd); }, open_secret},
    {"close_range", open_forced, [](int fd) { close_range(static_cast<unsigned>(fd), static_cast<unsigned>(fd), 0); },
     open_secret},
    {"close_range-all", open_forced, [](int fd) { close_range(static_cast<unsigned>(fd), ~0U, 0); }, open_secret},
    {"close_range-unshare", open_forced,
     [](int fd) { close_range(static_cast<unsigned>(fd), ~0U, CLOSE_RANGE_UNSHARE); }, open_secret},
    {"syscall-close_range", open_forced, [](int fd) { syscall(SYS_close_range, fd, ~0U, 0); }, open_secret},
    {"closefrom", open_forced, [](int fd) { closefrom(fd); }, open_secret},
    {"fclose", open_stream, [](int) { std::fclose(stream); }, open_secret},
    {"fclose-fdopen", [] { return fileno(stream = fdopen(open_forced(), "r")); }, [](int) { std::fclose(stream); },
     open_secret},
    {"_IO_fclose", open_stream, close_by_old_name, open_secret},
    {"endmntent", open_stream, [](int) { endmntent(stream); }, open_secret},
    {"filebuf", open_buffer, [](int) { buffer->close(); }, open_secret},
    {"freopen-fails", open_stream, [](int) { reopen_as(nullptr); }, open_secret},
    {"freopen-marks", open_stream, [](int) { reopen_as("re"); }, nullptr},
    {"pclose", [] { return fileno(stream = popen(":", "r")); }, [](int) { pclose(stream); }, open_pipe},
    {"closedir", [] { return dirfd(directory = fdopendir(open("/", O_RDONLY))); }, [](int) { closedir(directory); },
     open_directory},
    {"fts_close", [] { return open_walk_by(fts_open); }, [](int) { fts_close(walk); }, open_directory},
#ifndef __LP64__
    {"fts_close-time64", [] { return open_walk_by(__fts64_open_time64); }, [](int) { __fts64_close_time64(walk); },
     open_directory},
#endif
    {"mq_close", open_queue, [](int fd) { mq_close(fd); }, open_secret},
    {"login_tty", open_a_terminal, log_in, open_terminal},
    {"dup2-onto", open_forced, [](int fd) { put_socket_onto(fd, 0); }, open_secret},
    {"dup3-onto", open_forced, [](int fd) { put_socket_onto(fd, O_CLOEXEC); }, open_secret},
    // Unseen by libc: only the kind of what was forced tells.
    {"raw", open_forced, [](int fd) { raw_close(fd); }, open_secret},
    {"raw-socket", open_forced, [](int fd) { raw_close(fd); }, [] { return raw_socket(SOCK_STREAM | SOCK_CLOEXEC); }},
    {"raw-pipe", open_forced, [](int fd) { raw_close(fd); }, open_pipe},
    {"raw-directory", open_forced, [](int fd) { raw_close(fd); }, open_directory},
    {"raw-onto", open_forced,
     [](int fd) {
       const int source = raw_socket(SOCK_STREAM | SOCK_CLOEXEC);
       raw_dup3(source, fd, O_CLOEXEC);
       raw_close(source);
     },
     nullptr},
};

}  // namespace

const Closer* find_closer(const std::string& name) {
  for (const Closer& each : all)
    if (name == each.name) return &each;
  return nullptr;
}
