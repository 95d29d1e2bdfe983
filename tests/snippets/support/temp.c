// SPDX-License-Identifier: Apache-2.0
//
// mkstemp(3) in its eight names, tmpfile(3) in two, and memfd_create(2).

#include <sys/mman.h>

#include "families.h"

typedef int plain_type(char*);
typedef int with_int_type(char*, int);
typedef int with_two_type(char*, int, int);

static char path[128];

static bool has_suffix(void) { return subject.kind == temp_suffix || subject.kind == temp_suffix_flags; }
static bool has_flags(void) { return subject.kind == temp_flags || subject.kind == temp_suffix_flags; }

static int opened(int suffix, int flags) {
  switch (subject.kind) {
    case temp_plain:
      return CALL(plain_type*)(path);
    case temp_suffix:
      return CALL(with_int_type*)(path, suffix);
    case temp_flags:
      return CALL(with_int_type*)(path, flags);
    default:
      return CALL(with_two_type*)(path, suffix, flags);
  }
}

static int opened_from(const char* name, int suffix, int flags) {
  snprintf(path, sizeof path, "%s", temp_path(name));
  errno = untouched;
  return opened(suffix, flags);
}

static void prepare_mkstemp(void) {
  snprintf(path, sizeof path, "%s", temp_path(has_suffix() ? "aXXXXXX.c" : "aXXXXXX"));
}

static int make_mkstemp(int* fds) { return fds[0] = opened(2, 0); }

static const struct maker mkstemp_maker = {
    .count = 1, .roles = {"fd"}, .prepare = prepare_mkstemp, .make = make_mkstemp};

void run_mkstemp(void) {
  int fds[most_descriptors];
  if (made(&mkstemp_maker, fds)) {
    struct stat there, here;
    fact("is-named=%d", stat(path, &there) == 0 && fstat(fds[0], &here) == 0 && there.st_ino == here.st_ino);
    fact("is-filled-in=%d has-suffix=%d", strstr(path, "XXXXXX") == NULL, strcmp(path + strlen(path) - 2, ".c") == 0);
    fact("access=%d", fcntl(fds[0], F_GETFL) & (O_ACCMODE | O_APPEND));
    fact("writes=%zd", write(fds[0], "text", 4));
    tell_mode("fd", fds[0]);
    release(&mkstemp_maker, fds);
  }
  tell_descriptor("no-template", opened_from("file", 0, 0));
  fact("template-kept=%d", strcmp(path, temp_path("file")) == 0);
  tell_descriptor("missing", opened_from("missing/XXXXXX.c", 2, 0));
  tell_descriptor("long-suffix", opened_from("XXXXXX.c", 90, 0));
  tell_descriptor("negative-suffix", opened_from("XXXXXX.c", -1, 0));
  if (has_flags()) {
    const int fd = opened_from("bXXXXXX", 0, O_APPEND | O_SYNC);
    const int flags = fcntl(fd, F_GETFL);
    fact("flags append=%d sync=%d", (flags & O_APPEND) != 0, (flags & O_SYNC) != 0);
    tell_descriptor("flags", fd);
    tell_descriptor("asked", opened_from("cXXXXXX", 0, O_CLOEXEC));
    tell_descriptor("unknown-flag", opened_from("dXXXXXX", 0, 1 << 30));
  }
  tell_limits(&mkstemp_maker);
}

static FILE* made_stream;

static int make_tmpfile(int* fds) {
  made_stream = CALL(FILE * (*)(void))();
  return made_stream != NULL ? fds[0] = fileno(made_stream) : -1;
}

static void release_tmpfile(int* fds) {
  (void)fds;
  fclose(made_stream);
}

static const struct maker tmpfile_maker = {
    .count = 1, .roles = {"fd"}, .make = make_tmpfile, .release = release_tmpfile};

void run_tmpfile(void) {
  int fds[most_descriptors];
  if (made(&tmpfile_maker, fds)) {
    char text[8] = "";
    struct stat status;
    fputs("text", made_stream);
    rewind(made_stream);
    fact("reads=%s", fgets(text, sizeof text, made_stream) != NULL ? text : "nothing");
    fact("links=%d access=%d", fstat(fds[0], &status) == 0 ? (int)status.st_nlink : -1,
         fcntl(fds[0], F_GETFL) & (O_ACCMODE | O_APPEND));
    tell_mode("fd", fds[0]);
    release(&tmpfile_maker, fds);
  }
  tell_limits(&tmpfile_maker);
}

typedef int memfd_type(const char*, unsigned);

static int make_memfd(int* fds) { return fds[0] = CALL(memfd_type*)("snippet", 0); }

static const struct maker memfd_maker = {.count = 1, .roles = {"fd"}, .make = make_memfd};

void run_memfd(void) {
  memfd_type* const create = CALL(memfd_type*);
  char long_name[300];
  memset(long_name, 'n', sizeof long_name);
  long_name[sizeof long_name - 1] = '\0';
  int fds[most_descriptors];
  if (made(&memfd_maker, fds)) {
    char target[64] = "";
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fds[0]);
    fact("writes=%zd", write(fds[0], "text", 4));
    fact("is-named=%d", readlink(link, target, sizeof target - 1) > 0 && strstr(target, "memfd:snippet") != NULL);
    release(&memfd_maker, fds);
  }
  const int sealed = create("sealed", 2U);
  fact("allows-seals=%d", fcntl(sealed, 1024 + 10) == 0);
  tell_flag("sealable", sealed);
  close(sealed);
  DESCRIPTOR("asked", create("asked", 1U));
  DESCRIPTOR("unknown-flag", create("unknown", 1U << 20));
  DESCRIPTOR("long-name", create(long_name, 0));
  DESCRIPTOR("bad-pointer", create((const char*)(size_t)1, 0));
  tell_limits(&memfd_maker);
}
