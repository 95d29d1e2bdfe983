// SPDX-License-Identifier: Apache-2.0
//
// The exec family: arguments, environment and errors must come through as they are, from a child of fork and of vfork.

#include <spawn.h>
#include <sys/wait.h>

#include "families.h"

typedef int vector_type(const char*, char* const*);
typedef int vector_environment_type(const char*, char* const*, char* const*);
typedef int list_type(const char*, const char*, ...);
typedef int at_type(int, const char*, char* const*, char* const*, int);
typedef int descriptor_type(int, char* const*, char* const*);
typedef int spawn_type(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*,
                       char* const*);

extern char** environ;

static bool is_spawn(void) { return subject.kind == exec_spawn; }

static int start_by_descriptor(const char* path, char* const* a, char* const* environment) {
  const int fd = open(path, O_RDONLY);
  const int result = CALL(descriptor_type*)(fd, a, environment);
  const int error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  return result;
}

/// With one argument, or with six; behind the null that ends them stands what only execle looks at.
static int start_by_list(const char* path, char* const* a, char* const* environment) {
  list_type* const start = CALL(list_type*);
  return a[1] == NULL ? start(path, a[0], NULL, environment)
                      : start(path, a[0], a[1], a[2], a[3], a[4], a[5], NULL, environment);
}

/// Functions that take no environment use this process's, which is the same.
static int start(const char* path, char* const* a, char* const* environment) {
  switch (subject.kind) {
    case exec_vector:
      return CALL(vector_type*)(path, a);
    case exec_vector_environment:
      return CALL(vector_environment_type*)(path, a, environment);
    case exec_list:
      return start_by_list(path, a, environment);
    case exec_at:
      return CALL(at_type*)(AT_FDCWD, path, a, environment, 0);
    default:
      return start_by_descriptor(path, a, environment);
  }
}

static pid_t spawn(const char* path, char* const* a, char* const* environment, int output) {
  pid_t child = -1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  errno = untouched;
  const int result = CALL(spawn_type*)(&child, path, &actions, NULL, a, environment);
  fact("result=%s errno=%s", result == 0 ? "0" : error_name(result), error_name(errno));
  posix_spawn_file_actions_destroy(&actions);
  return result == 0 ? child : -1;
}

static pid_t start_in_child(bool is_vfork, const char* path, char* const* a, char* const* environment, int output) {
  if (is_spawn()) return spawn(path, a, environment, output);
  const pid_t child = is_vfork ? vfork() : fork();
  if (child != 0) return child;
  dup2(output, 1);
  start(path, a, environment);
  _exit(errno);
}

static void tell_said(const char* what, bool is_vfork, pid_t child, int input) {
  char text[256] = "";
  size_t size = 0;
  for (ssize_t got; size < sizeof text - 1 && (got = read(input, text + size, sizeof text - 1 - size)) > 0;)
    size += (size_t)got;
  for (size_t i = 0; i < size; ++i)
    if (text[i] == '\n') text[i] = '|';
  int status = -1;
  if (child > 0) waitpid(child, &status, 0);
  fact("%s%s says=%s status=%x", what, is_vfork ? " vfork" : "", text, (unsigned)status);
}

static void tell_started(const char* what, const char* path, char* const* a, char** environment) {
  char** const environment_before = environ;
  environ = environment;
  for (int is_vfork = 0; is_vfork < 2; ++is_vfork) {
    int ends[2];
    if (pipe(ends) != 0) _exit(1);
    const pid_t child = start_in_child(is_vfork, path, a, environment, ends[1]);
    close(ends[1]);
    tell_said(what, is_vfork, child, ends[0]);
    close(ends[0]);
  }
  environ = environment_before;
}

static char* const one_argument[] = {"sh", NULL};

/// Executable, but nothing that the kernel knows: some functions of libc hand it to a shell.
static void make_plain_text(void) {
  make_file(temp_path("text"), "echo text \"$@\"\n");
  if (chmod(temp_path("text"), 0755) != 0) _exit(1);
}

void run_exec(void) {
  char* six_arguments[] = {"sh", "-c", "echo \"$0:$1:$#:$SNIPPET\"; exit 7", "zero", "a b", "", NULL};
  char* environment[] = {"SNIPPET=set", "PATH=/usr/bin:/bin", NULL};
  char* no_environment[] = {NULL};
  tell_started("arguments", "/bin/sh", six_arguments, environment);
  tell_started("no-environment", "/bin/sh", six_arguments, no_environment);
  tell_started("one-argument", "/bin/true", one_argument, environment);
  tell_started("searched", "sh", six_arguments, environment);
  tell_started("missing", temp_path("missing"), one_argument, environment);
  tell_started("missing-searched", "no-such-program", one_argument, environment);
  tell_started("directory", temp_path(""), one_argument, environment);
  tell_started("not-executable", temp_path("file"), one_argument, environment);
  tell_started("below-a-file", "/dev/null/x", one_argument, environment);
  tell_started("nameless", "", one_argument, environment);
  make_plain_text();
  tell_started("plain-text", temp_path("text"), six_arguments, environment);
  // In this very process: a failure must leave everything as it was.
  if (!is_spawn()) RESULT("fails-here", start(temp_path("missing"), one_argument, environment));
}

static int make_nothing(int* fds) {
  (void)fds;
  return start(temp_path("missing"), one_argument, environ);
}

const struct maker exec_maker = {.count = 0, .make = make_nothing};
