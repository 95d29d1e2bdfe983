// SPDX-License-Identifier: Apache-2.0
//
// How facts are told: lines without process ids, numbers or ports, so that two runs can be compared.

#include "snippet.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/resource.h>

struct subject subject;
volatile bool is_about_to_block;

#if defined(__x86_64__)
static const char* const oldest_versions[] = {"GLIBC_2.2.5"};
#elif defined(__i386__)
static const char* const oldest_versions[] = {"GLIBC_2.0", "GLIBC_2.1"};
#elif defined(__arm__)
static const char* const oldest_versions[] = {"GLIBC_2.4"};
#elif defined(__s390x__)
static const char* const oldest_versions[] = {"GLIBC_2.2"};
#elif defined(__riscv)
static const char* const oldest_versions[] = {"GLIBC_2.27"};
#elif defined(__mips__)
static const char* const oldest_versions[] = {"GLIBC_2.0", "GLIBC_2.2"};
#else
static const char* const oldest_versions[] = {"GLIBC_2.17"};
#endif

function* find_function(const char* name) {
  void* address = dlsym(RTLD_DEFAULT, name);
#ifdef __GLIBC__
  for (size_t i = 0; address == NULL && i < sizeof oldest_versions / sizeof *oldest_versions; ++i)
    address = dlvsym(RTLD_DEFAULT, name, oldest_versions[i]);
#else
  (void)oldest_versions;
#endif
  function* found;
  memcpy(&found, &address, sizeof found);
  return found;
}

void fact(const char* format, ...) {
  char line[512];
  const bool has_part = subject.part != NULL;
  const int head = snprintf(line, sizeof line - 1, "%s %s %s%s", subject.name, subject.context,
                            has_part ? subject.part : "", has_part ? ": " : "");
  va_list arguments;
  va_start(arguments, format);
  const int tail = vsnprintf(line + head, sizeof line - 1 - (size_t)head, format, arguments);
  va_end(arguments);
  line[head + tail] = '\n';
  if (write(1, line, (size_t)(head + tail) + 1) < 0) _exit(1);
}

const char* error_name(int error) {
  static const struct {
    int error;
    const char* name;
  } names[] = {
#define ERROR(name) {name, #name}
      ERROR(EPERM),        ERROR(ENOENT),       ERROR(ESRCH),      ERROR(EINTR),           ERROR(EIO),
      ERROR(ENXIO),        ERROR(E2BIG),        ERROR(EBADF),      ERROR(ECHILD),          ERROR(EAGAIN),
      ERROR(EACCES),       ERROR(EFAULT),       ERROR(EBUSY),      ERROR(EEXIST),          ERROR(EXDEV),
      ERROR(ENODEV),       ERROR(ENOTDIR),      ERROR(EISDIR),     ERROR(EINVAL),          ERROR(ENFILE),
      ERROR(EMFILE),       ERROR(ENOTTY),       ERROR(ETXTBSY),    ERROR(ESPIPE),          ERROR(EROFS),
      ERROR(ENAMETOOLONG), ERROR(ENOSYS),       ERROR(ELOOP),      ERROR(ESTALE),          ERROR(EOVERFLOW),
      ERROR(ENOTSOCK),     ERROR(EMSGSIZE),     ERROR(EPROTOTYPE), ERROR(EPROTONOSUPPORT), ERROR(ESOCKTNOSUPPORT),
      ERROR(EOPNOTSUPP),   ERROR(EAFNOSUPPORT), ERROR(EADDRINUSE), ERROR(ECONNREFUSED),    ERROR(ENOTCONN),
      ERROR(ECONNRESET),   ERROR(ETIMEDOUT),    ERROR(EPIPE),      ERROR(EADDRNOTAVAIL),   ERROR(ECANCELED),
#undef ERROR
  };
  if (error == untouched) return "kept";
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
    if (names[i].error == error) return names[i].name;
  static char number[16];
  snprintf(number, sizeof number, "%d", error);
  return number;
}

static const char* flag_value(int fd) {
  const int flags = fcntl(fd, F_GETFD);
  return flags < 0 ? "none" : (flags & FD_CLOEXEC) != 0 ? "1" : "0";
}

void tell_flag(const char* role, int fd) {
  const int error = errno;
  fact("%s%s cloexec=%s", role, fd == 0 ? " on-0" : "", flag_value(fd));
  errno = error;
}

void tell_kept_flag(const char* role, int fd) { fact("%s kept cloexec=%s", role, flag_value(fd)); }

void tell_descriptor(const char* what, int fd) {
  const int error = errno;
  if (fd < 0) {
    fact("%s error errno=%s", what, error_name(error));
  } else {
    tell_flag(what, fd);
    fact("%s ok errno=%s", what, error_name(error));
    if (fd > 2) close(fd);
  }
}

void tell_result(const char* what, long result) {
  const int error = errno;
  if (result < 0)
    fact("%s error errno=%s", what, error_name(error));
  else
    fact("%s ok errno=%s", what, error_name(error));
}

static int make(const struct maker* maker, int* fds) {
  for (int i = 0; i < most_descriptors; ++i) fds[i] = -1;
  errno = untouched;
  return maker->make(fds);
}

static void tell_made(const struct maker* maker, const int* fds, const char* how) {
  const int error = errno;
  for (int i = 0; i < maker->count; ++i) {
    char role[64];
    snprintf(role, sizeof role, "%s%s", maker->roles[i], how);
    tell_flag(role, fds[i]);
  }
  fact("made%s errno=%s", how, maker->leaves_errno ? "any" : error_name(error));
}

static void close_made(const struct maker* maker, int* fds) {
  if (maker->release != NULL) {
    maker->release(fds);
  } else {
    for (int i = 0; i < maker->count; ++i)
      if (fds[i] >= 0) close(fds[i]);
  }
}

bool made(const struct maker* maker, int* fds) {
  if (maker->prepare != NULL) maker->prepare();
  if (make(maker, fds) < 0) {
    fact("make error errno=%s", error_name(errno));
    if (maker->tidy != NULL) maker->tidy();
    return false;
  }
  tell_made(maker, fds, "");
  return true;
}

void release(const struct maker* maker, int* fds) {
  close_made(maker, fds);
  if (maker->tidy != NULL) maker->tidy();
}

int free_zero(void) {
  const int saved = fcntl(0, F_DUPFD_CLOEXEC, 100);
  close(0);
  return saved;
}

void restore_zero(int saved) {
  if (saved < 0) return;
  if (dup2(saved, 0) < 0) _exit(1);
  close(saved);
}

static void tell_on_zero(const struct maker* maker) {
  int fds[most_descriptors];
  if (maker->prepare != NULL) maker->prepare();
  const int saved = free_zero();
  if (make(maker, fds) < 0) {
    fact("make with-0-free error errno=%s", error_name(errno));
  } else {
    tell_made(maker, fds, " with-0-free");
    close_made(maker, fds);
  }
  restore_zero(saved);
  if (maker->tidy != NULL) maker->tidy();
}

/// Makes with `spare` numbers left: whatever is made on the way has to be closed again.
static void tell_too_many(const struct maker* maker, int spare) {
  int fds[most_descriptors];
  struct rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  if (maker->prepare != NULL) maker->prepare();
  const int lowest = dup(0);
  close(lowest);
  const int open_before = count_open();
  const struct rlimit few = {(rlim_t)(lowest + spare), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  const int result = make(maker, fds);
  const int error = errno;
  setrlimit(RLIMIT_NOFILE, &before);
  if (result < 0) {
    fact("make with-%d-left error errno=%s left-open=%d", spare, error_name(error), count_open() - open_before);
  } else {
    tell_made(maker, fds, " with-few-left");
    close_made(maker, fds);
  }
  if (maker->tidy != NULL) maker->tidy();
}

void tell_limits(const struct maker* maker) {
  tell_on_zero(maker);
  for (int spare = 0; spare < maker->count; ++spare) tell_too_many(maker, spare);
}

void tell_all(const struct maker* maker) {
  int fds[most_descriptors];
  if (made(maker, fds)) release(maker, fds);
  tell_limits(maker);
}

void tell_carries(const char* what, int from, int to) {
  char text[8] = "";
  const bool carries =
      write(from, "bytes", 5) == 5 && read(to, text, sizeof text) == 5 && memcmp(text, "bytes", 5) == 0;
  fact("%s carries=%d", what, carries);
}

void tell_mode(const char* what, int fd) {
  struct stat status;
  if (fstat(fd, &status) == 0) fact("%s mode=%o", what, (unsigned)status.st_mode & 07777U);
}

int count_open(void) {
  int open = 0;
  for (int fd = 0; fd < 256; ++fd) open += fcntl(fd, F_GETFD) >= 0;
  return open;
}

void about_to_block(void) { is_about_to_block = true; }
