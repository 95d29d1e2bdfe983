// SPDX-License-Identifier: Apache-2.0
//
// Pseudoterminals: posix_openpt(3), getpt(3), openpty(3), forkpty(3) and ioctl(TIOCGPTPEER).

#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "families.h"

typedef int flags_type(int);
typedef int none_type(void);
typedef int openpty_type(int*, int*, char*, const struct termios*, const struct winsize*);
typedef pid_t forkpty_type(int*, char*, const struct termios*, const struct winsize*);
typedef int ioctl_type(int, unsigned long, ...);

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static const struct winsize size = {12, 34, 0, 0};
static char name[64];
static int master = -1;

static int make_openpt(int* fds) {
  return fds[0] = subject.kind == terminal_flags ? CALL(flags_type*)(O_RDWR | O_NOCTTY) : CALL(none_type*)();
}
static const struct maker openpt_maker = {.count = 1, .roles = {"master"}, .make = make_openpt};

void run_posix_openpt(void) {
  int fds[most_descriptors];
  if (made(&openpt_maker, fds)) {
    RESULT("grant", grantpt(fds[0]));
    RESULT("unlock", unlockpt(fds[0]));
    const char* path = ptsname(fds[0]);
    fact("is-named=%d access=%d", path != NULL && strncmp(path, "/dev/pts/", 9) == 0,
         fcntl(fds[0], F_GETFL) & O_ACCMODE);
    release(&openpt_maker, fds);
  }
  if (subject.kind == terminal_flags) {
    flags_type* const make = CALL(flags_type*);
    DESCRIPTOR("asked", make(O_RDWR | O_NOCTTY | O_CLOEXEC));
    DESCRIPTOR("read-only", make(O_RDONLY | O_NOCTTY));
    DESCRIPTOR("exclusive-create", make(O_RDWR | O_CREAT | O_EXCL));
  }
  tell_limits(&openpt_maker);
}

static void make_settings(struct termios* settings) {
  const int fd = posix_openpt(O_RDWR | O_NOCTTY);
  memset(settings, 0, sizeof *settings);
  tcgetattr(fd, settings);
  settings->c_lflag &= ~(tcflag_t)ECHO;
  close(fd);
}

static int make_openpty(int* fds) { return CALL(openpty_type*)(&fds[0], &fds[1], NULL, NULL, NULL); }
static const struct maker openpty_maker = {.count = 2, .roles = {"master", "terminal"}, .make = make_openpty};

static void tell_terminal(int fd) {
  struct termios settings;
  struct winsize now = {0};
  RESULT("settings", tcgetattr(fd, &settings));
  fact("echo=%d", (settings.c_lflag & ECHO) != 0);
  RESULT("size", ioctl(fd, TIOCGWINSZ, &now));
  fact("rows=%d columns=%d", now.ws_row, now.ws_col);
}

void run_openpty(void) {
  openpty_type* const make = CALL(openpty_type*);
  int fds[most_descriptors];
  if (made(&openpty_maker, fds)) {
    struct winsize now = {0};
    fact("is-terminal=%d", isatty(fds[1]));
    ioctl(fds[1], TIOCGWINSZ, &now);
    fact("default rows=%d columns=%d access=%d", now.ws_row, now.ws_col, fcntl(fds[1], F_GETFL) & O_ACCMODE);
    if (write(fds[0], "typed\n", 6) != 6) fact("cannot type");
    char text[8] = "";
    const ssize_t got = read(fds[1], text, sizeof text - 1);
    fact("terminal reads=%zd is-right=%d", got, strcmp(text, "typed\n") == 0);
    release(&openpty_maker, fds);
  }
  struct termios settings;
  make_settings(&settings);
  RESULT("with-all", make(&fds[0], &fds[1], name, &settings, &size));
  fact("is-named=%d is-right=%d", strncmp(name, "/dev/pts/", 9) == 0, strcmp(name, ttyname(fds[1])) == 0);
  tell_terminal(fds[1]);
  release(&openpty_maker, fds);
  tell_limits(&openpty_maker);
}

static pid_t child;

/// The child's 0 to 2 are its terminal, which is its controlling one, and they are inheritable.
static int look_from_child(void) {
  int seen = 0;
  for (int fd = 0; fd < 3; ++fd) {
    seen |= isatty(fd) ? 1 << fd : 0;
    seen |= fcntl(fd, F_GETFD) == 0 ? 8 << fd : 0;
  }
  const int terminal = open("/dev/tty", O_RDWR);
  return seen | (terminal >= 0 && getsid(0) == getpid() ? 64 : 0);
}

static int make_forkpty(int* fds) {
  child = CALL(forkpty_type*)(&fds[0], NULL, NULL, NULL);
  if (child == 0) _exit(look_from_child());
  return child < 0 ? -1 : 0;
}

static void release_forkpty(int* fds) {
  int status = 0;
  char text[64];
  while (read(fds[0], text, sizeof text) > 0) continue;
  waitpid(child, &status, 0);
  fact("child sees=%d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  close(fds[0]);
}

static const struct maker forkpty_maker = {
    .count = 1, .roles = {"master"}, .make = make_forkpty, .release = release_forkpty};

void run_forkpty(void) {
  int fds[most_descriptors];
  struct termios settings;
  make_settings(&settings);
  tell_all(&forkpty_maker);
  errno = untouched;
  child = CALL(forkpty_type*)(&fds[0], name, &settings, &size);
  if (child == 0) {
    char path[64] = "";
    const bool is_named = ttyname_r(0, path, sizeof path) == 0;
    printf("%s\n", is_named ? path : "nameless");
    fflush(stdout);
    _exit(count_open());
  }
  fact("with-all errno=%s", error_name(errno));
  char text[64] = "";
  const ssize_t got = read(fds[0], text, sizeof text - 1);
  fact("child names-right=%d", got > 0 && strncmp(text, name, strlen(name)) == 0);
  tell_terminal(fds[0]);
  release_forkpty(fds);
}

static void open_master(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) fact("no terminals here");
}
static void close_master(void) { close(master); }
static int make_peer(int* fds) { return fds[0] = CALL(ioctl_type*)(master, TIOCGPTPEER, O_RDWR | O_NOCTTY); }
static const struct maker peer_maker = {
    .count = 1, .roles = {"terminal"}, .prepare = open_master, .make = make_peer, .tidy = close_master};

void run_peer(void) {
  ioctl_type* const control = CALL(ioctl_type*);
  int fds[most_descriptors];
  if (made(&peer_maker, fds)) {
    fact("is-terminal=%d", isatty(fds[0]));
    release(&peer_maker, fds);
  }
  open_master();
  DESCRIPTOR("asked", control(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  RESULT("set-size", control(master, TIOCSWINSZ, &size));
  struct winsize now = {0};
  RESULT("get-size", control(master, TIOCGWINSZ, &now));
  fact("rows=%d columns=%d", now.ws_row, now.ws_col);
  RESULT("bad-pointer", control(master, TIOCGWINSZ, NULL));
  RESULT("set-close-on-exec", control(master, FIOCLEX));
  tell_kept_flag("set-close-on-exec", master);
  RESULT("clear-close-on-exec", control(master, FIONCLEX));
  tell_kept_flag("clear-close-on-exec", master);
  close_master();
  const int file = open(temp_path("file"), O_RDONLY);
  DESCRIPTOR("not-a-terminal", control(file, TIOCGPTPEER, O_RDWR));
  close(file);
  DESCRIPTOR("not-open", control(250, TIOCGPTPEER, O_RDWR));
  RESULT("unknown-request", control(1, 0xABCDUL));
  tell_limits(&peer_maker);
}
