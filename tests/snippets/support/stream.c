// SPDX-License-Identifier: Apache-2.0
//
// fopen(3) and what opens streams by path like it. The mode is a small language of its own, of which every letter has
// to mean what it meant.

#include <stdint.h>
#include <wchar.h>

#include "families.h"

typedef FILE* by_path_type(const char*, const char*);
typedef FILE* reopened_type(const char*, const char*, FILE*);
typedef FILE* file_fopen_type(FILE*, const char*, const char*, int);
typedef FILE* file_open_type(FILE*, const char*, int, int, int, int);
typedef int file_close_type(FILE*);

static FILE* made_stream;

/// A stream without a file: what glibc's own fopen hands to _IO_file_fopen.
static FILE* blank_stream(void) {
  FILE* stream = fopen("/dev/null", "r");
  file_close_type* const close_it = (file_close_type*)find_function("_IO_file_close_it");
  if (stream != NULL && close_it != NULL) close_it(stream);
  return stream;
}

static FILE* open_blank(const char* path, const char* mode) {
  FILE* blank = blank_stream();
  if (blank == NULL) return NULL;
  FILE* stream = subject.kind == stream_by_file_fopen
                     ? CALL(file_fopen_type*)(blank, path, mode, 1)
                     : CALL(file_open_type*)(blank, path, strchr(mode, 'e') ? O_RDWR | O_CLOEXEC : O_RDWR, 0600, 0, 1);
  if (stream == NULL) {
    const int error = errno;
    fclose(blank);
    errno = error;
  }
  return stream;
}

static FILE* opened(const char* path, const char* mode) {
  switch (subject.kind) {
    case stream_reopened: {
      FILE* first = fopen("/dev/null", "r");
      return first != NULL ? CALL(reopened_type*)(path, mode, first) : NULL;
    }
    case stream_by_file_fopen:
    case stream_by_file_open:
      return open_blank(path, mode);
    default:
      return CALL(by_path_type*)(path, mode);
  }
}

static int make_stream(int* fds) {
  made_stream = opened(temp_path("file"), "r");
  return made_stream != NULL ? fds[0] = fileno(made_stream) : -1;
}

static void release_stream(int* fds) {
  (void)fds;
  fclose(made_stream);
}

static const struct maker stream_maker = {.count = 1, .roles = {"fd"}, .make = make_stream, .release = release_stream};

static void tell_stream(const char* what, FILE* stream) {
  const int error = errno;
  if (stream == NULL) {
    fact("%s error errno=%s", what, error_name(error));
    return;
  }
  const int flags = fcntl(fileno(stream), F_GETFL);
  static const char* const access[] = {"read", "write", "both", "none"};
  tell_flag(what, fileno(stream));
  fact("%s ok access=%s append=%d wide=%d errno=%s", what, access[flags & O_ACCMODE], (flags & O_APPEND) != 0,
       fwide(stream, 0) > 0, error_name(error));
  fclose(stream);
}

#define STREAM(what, call) (errno = untouched, tell_stream(what, call))

static void tell_modes(void) {
  static const char* const modes[] = {
      "r",
      "r+",
      "w",
      "w+",
      "a",
      "a+",
      "rb",
      "rb+",
      "r+b",
      "rbbbbb+",
      "rbbbbbb+",
      "rebbbbb+",
      "re",
      "rbe",
      "r+cm",
      "rmmmmm+",
      "wx",
      "w+x",
      "wex",
      "wbbbbbx",
      "wbbbbbbx",
      "rt",
      "",
      "z",
      "+r",
      "e",
      "er",
      "r,ccs=UTF-8",
      "r+,ccs=UTF-8",
      "re,ccs=UTF-8",
      "rbbbb+,ccs=UTF-8",
      "rbbbbb+,ccs=UTF-8",
      "r,ccs=ee",
      "r,ccs=NO-SUCH",
      "rbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "r+bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb+"};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
    char what[160];
    snprintf(what, sizeof what, "mode=%s", modes[i]);
    make_file(temp_path("file"), "bytes");
    STREAM(what, opened(temp_path("file"), modes[i]));
  }
  STREAM("new-exclusive", opened(temp_path("new1"), "w+x"));
  STREAM("new-long-exclusive", opened(temp_path("new2"), "wbbbbbx"));
  STREAM("new-appended", opened(temp_path("new3"), "a"));
}

/// freopen keeps the number, also without a path, and takes a new one when the old was closed behind its back.
static void tell_reopened(void) {
  reopened_type* const reopen = CALL(reopened_type*);
  FILE* stream = fopen(temp_path("file"), "r");
  const int number = fileno(stream);
  stream = reopen(temp_path("file"), "r+", stream);
  fact("number-kept=%d", stream != NULL && fileno(stream) == number);
  if (stream != NULL) STREAM("same-file", reopen(NULL, "r", stream));

  stream = fopen(temp_path("file"), "re");
  STREAM("was-asked", reopen(temp_path("file"), "r", stream));
  stream = fopen(temp_path("file"), "r");
  close(fileno(stream));
  STREAM("was-closed", reopen(temp_path("file"), "r", stream));

  const int saved = free_zero();
  stream = fopen("/dev/null", "r");
  stream = reopen(temp_path("file"), "re", stream);
  if (stream != NULL) tell_stream("asked", stream);
  restore_zero(saved);
}

void run_stream(void) {
  int fds[most_descriptors];
  if (made(&stream_maker, fds)) {
    if (subject.kind != stream_of_mounts) {
      char text[8] = "";
      const char* read = fgets(text, sizeof text, made_stream);
      fact("reads=%s", read != NULL ? read : "nothing");
    }
    release(&stream_maker, fds);
    if (subject.kind != stream_by_file_open) tell_modes();
    STREAM("asked", opened(temp_path("file"), "re"));
  }
  STREAM("missing", opened(temp_path("missing"), "r"));
  STREAM("directory", opened(temp_path(""), "w"));
  STREAM("bad-pointer", opened((const char*)(uintptr_t)1, "r"));
  if (subject.kind == stream_reopened) tell_reopened();
  tell_limits(&stream_maker);
}

void block_stream(void) {
  if (mkfifo(temp_path("fifo"), 0600) != 0) _exit(1);
  about_to_block();
  opened(temp_path("fifo"), "r");
}
