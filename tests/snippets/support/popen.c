// SPDX-License-Identifier: Apache-2.0
//
// popen(3): the program's end of the pipe is marked, the child's end must work.

#include "families.h"

typedef FILE* popen_type(const char*, const char*);
typedef FILE* proc_open_type(FILE*, const char*, const char*);
typedef int proc_close_type(FILE*);

static bool is_proc_open;
static FILE* made_stream;

/// A stream without a child, as glibc's own popen hands it to _IO_proc_open.
static FILE* opened_by_proc(const char* command, const char* mode) {
#ifdef __GLIBC__
  proc_close_type* const proc_close = (proc_close_type*)find_function("_IO_proc_close");
  FILE* blank = popen("true", "r");
  if (blank == NULL) return NULL;
  proc_close(blank);
  blank->_fileno = -1;
  FILE* stream = CALL(proc_open_type*)(blank, command, mode);
  if (stream == NULL) {
    const int error = errno;
    pclose(blank);
    errno = error;
  }
  return stream;
#else
  return CALL(proc_open_type*)(NULL, command, mode);
#endif
}

static FILE* opened(const char* command, const char* mode) {
  return is_proc_open ? opened_by_proc(command, mode) : CALL(popen_type*)(command, mode);
}

static int make_popen(int* fds) {
  made_stream = opened("echo words", "r");
  return made_stream != NULL ? fds[0] = fileno(made_stream) : -1;
}

static void release_popen(int* fds) {
  (void)fds;
  char text[16] = "";
  const char* read = fgets(text, sizeof text, made_stream);
  fact("reads=%s", read != NULL && strcmp(read, "words\n") == 0 ? "words" : "nothing");
  fact("status=%d", pclose(made_stream));
}

static const struct maker popen_maker = {.count = 1, .roles = {"fd"}, .make = make_popen, .release = release_popen};

static void tell_modes(void) {
  static const char* const modes[] = {
      "r",  "w",  "re", "we",  "er",
      "ew", "",   "e",  "rb",  "wb",
      "r+", "rw", "z",  "ree", "rreeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
    errno = untouched;
    FILE* stream = opened("exit 7", modes[i]);
    const int error = errno;
    char what[100];
    snprintf(what, sizeof what, "mode=%s", modes[i]);
    if (stream != NULL) tell_flag(what, fileno(stream));
    fact("%s %s errno=%s", what, stream != NULL ? "ok" : "error", error_name(error));
    if (stream != NULL) fact("%s status=%d", what, pclose(stream));
  }
}

static void tell_writing(void) {
  char command[128];
  char text[16] = "";
  snprintf(command, sizeof command, "cat > %s", temp_path("written"));
  FILE* stream = opened(command, "w");
  if (stream == NULL) return;
  tell_flag("write end", fileno(stream));
  fputs("words", stream);
  fact("status=%d", pclose(stream));
  FILE* file = fopen(temp_path("written"), "r");
  const char* read = file != NULL ? fgets(text, sizeof text, file) : NULL;
  fact("wrote=%s", read != NULL ? read : "nothing");
  if (file != NULL) fclose(file);
}

void run_popen(void) {
  is_proc_open = false;
  tell_all(&popen_maker);
  tell_modes();
  tell_writing();
}

void run_proc_open(void) {
  is_proc_open = true;
  tell_all(&popen_maker);
  tell_modes();
  tell_writing();
}
