// SPDX-License-Identifier: Apache-2.0
//
// Runs snippets by name, each in one of the contexts, and ends the process if one hangs.

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "snippet.h"

enum { seconds_before_giving_up = 30 };

static void give_up(int signal) {
  (void)signal;
  static const char text[] = "hangs\n";
  if (write(1, text, sizeof text - 1) < 0) _exit(1);
  _exit(1);
}

static void run(const struct snippet* snippet) {
  subject.kind = snippet->kind;
  make_temp_directory();
  const int open_before = count_open();
  snippet->run();
  fact("left-open=%d", count_open() - open_before);
  remove_temp_directory();
}

static void* run_thread(void* snippet) {
  run(snippet);
  return NULL;
}

static void run_in_thread(const struct snippet* snippet) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_thread, (void*)(size_t)snippet) != 0) _exit(1);
  pthread_join(thread, NULL);
}

static void run_in_child(const struct snippet* snippet) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(seconds_before_giving_up);
    run(snippet);
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  if (status != 0) fact("child ended badly");
}

static void run_in_context(const struct snippet* snippet) {
  const char* context = subject.context;
  if (strcmp(context, "thread") == 0) {
    run_in_thread(snippet);
  } else if (strcmp(context, "fork") == 0) {
    run_in_child(snippet);
  } else if (strcmp(context, "cancel") == 0 || strcmp(context, "vfork") == 0) {
    make_temp_directory();
    if (*context == 'c')
      run_cancelled(snippet);
    else
      run_in_vfork(snippet->in_vfork);
    remove_temp_directory();
  } else {
    run(snippet);
  }
}

/// Whether the context has anything to say about the snippet.
static bool concerns(const char* context, const struct snippet* snippet) {
  if (strcmp(context, "cancel") == 0) return snippet->block != NULL;
  if (strcmp(context, "vfork") == 0) return snippet->in_vfork != NULL;
  return true;
}

static void run_snippet(const char* context, const struct snippet* snippet) {
  subject = (struct subject){snippet->name, context, NULL, find_function(snippet->name), snippet->kind};
  if (!concerns(context, snippet)) return;
  if (subject.function == NULL) {
    fact("absent");
    return;
  }
  alarm(seconds_before_giving_up);
  run_in_context(snippet);
  alarm(0);
}

static const struct snippet* find_snippet(const char* name) {
  for (const struct snippet* snippet = all_snippets; snippet->name != NULL; ++snippet)
    if (strcmp(snippet->name, name) == 0) return snippet;
  return NULL;
}

int list_snippets(void) {
  for (const struct snippet* snippet = all_snippets; snippet->name != NULL; ++snippet) puts(snippet->name);
  return fflush(stdout) == 0 ? 0 : 1;
}

int run_snippets(const char* context, char** names) {
  const struct rlimit no_core = {0, 0};
  const struct sigaction timeout = {.sa_handler = give_up};
  setrlimit(RLIMIT_CORE, &no_core);
  sigaction(SIGALRM, &timeout, NULL);
  signal(SIGPIPE, SIG_IGN);
  umask(0);
  // Children (a shell under popen) may be of another architecture, and are not what is tried.
  unsetenv("LD_PRELOAD");

  if (*names == NULL)
    for (const struct snippet* snippet = all_snippets; snippet->name != NULL; ++snippet) run_snippet(context, snippet);
  for (; *names != NULL; ++names) {
    const struct snippet* snippet = find_snippet(*names);
    if (snippet == NULL) {
      fprintf(stderr, "snippets: no snippet is named %s\n", *names);
      return 2;
    }
    run_snippet(context, snippet);
  }
  return 0;
}
