/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether descriptors are close-on-exec: the default of this process at run time, as PEP 433 had it for Python
 * (sys.getdefaultcloexec, sys.setdefaultcloexec), and the flag of one descriptor. For C89, C++98 and later; nothing
 * needs to be linked. The default is that of libcloexec.so (libcloexec(8)); without it these functions do nothing and
 * say 0.
 *
 * Safe in threads and signal handlers. A forked child keeps the default, a new program begins with its settings'.
 */
#ifndef CLOEXEC_H
#define CLOEXEC_H

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The request of ioctl(2) that the library answers on descriptor -1, where every kernel says EBADF. Its argument: 0
 * asks, 2 switches off, 3 on. */
#define CLOEXEC_DEFAULT_REQUEST 0x436c4f58UL

/* Makes that request: 1 when descriptors are forced then, else 0, as without the library. errno unchanged. For the
 * functions below. */
static __inline__ int cloexec_ask_default_(long argument) {
  const int error_before = errno;
  const int answer = ioctl(-1, CLOEXEC_DEFAULT_REQUEST, argument);
  errno = error_before;
  return answer == 1;
}

/* Returns 1 when the descriptors that this process makes are forced to be close-on-exec, as far as no rule exempts
 * them; else 0. Cannot fail, errno unchanged. */
static __inline__ int cloexec_get_default(void) { return cloexec_ask_default_(0); }

/* Switches the forcing of descriptors off (0) or on (else), for all threads; what is open already stays as it is.
 * Returns the default that holds then: 0 although `on` was asked for when CLOEXEC_MODE is off or observe, or without
 * the library. errno unchanged. */
static __inline__ int cloexec_set_default(int on) { return cloexec_ask_default_(on ? 3 : 2); }

/* Returns 1 when descriptor `fd` is close-on-exec, 0 when it is inheritable; -1 and errno on error (EBADF): F_GETFD of
 * fcntl(2). */
static __inline__ int cloexec_get(int fd) {
  const int flags = fcntl(fd, F_GETFD);
  return flags < 0 ? -1 : (flags & FD_CLOEXEC) != 0;
}

/* Makes descriptor `fd` close-on-exec (else) or inheritable (0): FIOCLEX and FIONCLEX of ioctl(2), or where that
 * answers EBADF, as it does of O_PATH (open(2)), F_SETFD. Returns 0; -1 and errno on error (EBADF). */
static __inline__ int cloexec_set(int fd, int on) {
  int flags;
  if (ioctl(fd, on ? FIOCLEX : FIONCLEX) == 0) return 0;
  flags = fcntl(fd, F_GETFD);
  if (flags < 0) return -1;
  return fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) < 0 ? -1 : 0;
}

#ifdef __cplusplus
}
#endif

#endif
