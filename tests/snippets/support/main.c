// SPDX-License-Identifier: Apache-2.0
//
// The runner: snippets [--context main|constructor|thread|cancel|fork|vfork] [NAME...], or snippets --list

#include "snippet.h"

static const char* const contexts[] = {"main", "constructor", "thread", "cancel", "fork", "vfork"};

static bool is_context(const char* name) {
  for (size_t i = 0; i < sizeof contexts / sizeof *contexts; ++i)
    if (strcmp(contexts[i], name) == 0) return true;
  return false;
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) return list_snippets();
  const bool has_context = argc > 2 && strcmp(argv[1], "--context") == 0;
  if (argc > 1 && argv[1][0] == '-' && !(has_context && is_context(argv[2]))) {
    fprintf(stderr, "usage: %s [--context main|constructor|thread|cancel|fork|vfork] [NAME...]\n       %s --list\n",
            argv[0], argv[0]);
    return 2;
  }
  // Not exit: a thread that could not be cancelled may hold the lock of a stream.
  _exit(run_snippets(has_context ? argv[2] : "main", argv + (has_context ? 3 : 1)));
}
