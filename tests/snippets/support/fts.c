// SPDX-License-Identifier: Apache-2.0
//
// fts(3) in its three names: it keeps the directory that it was started in open, unless it is told not to change
// directory.

#include "families.h"

// The beginning of FTS, which is the same for all three names, since one libc has no fts.h.
struct walk {
  void *current, *child, **entries;
  dev_t device;
  char* path;
  int directory;
};

enum { logical = 2, no_chdir = 4, physical = 16, unknown_option = 1 << 20 };

typedef struct walk* open_type(char* const*, int, int (*)(const void**, const void**));
typedef void* read_type(struct walk*);
typedef int close_type(struct walk*);

static struct walk* walk;

/// The function that goes with the one being tried: fts_read with fts_open, __fts64_read_time64 with its open.
static function* sibling(const char* verb) {
  char name[64];
  const char* open = strstr(subject.name, "open");
  snprintf(name, sizeof name, "%.*s%s%s", (int)(open - subject.name), subject.name, verb, open + 4);
  function* const found = find_function(name);
  if (found != NULL) return found;
  // Where libc has one name only, the shim's other names stand for that.
  snprintf(name, sizeof name, "fts_%s", verb);
  return find_function(name);
}

static struct walk* opened(const char* first, int options) {
  char path[128];
  char* paths[] = {path, NULL};
  snprintf(path, sizeof path, "%s", first);
  return CALL(open_type*)(paths, options, NULL);
}

static int make_walk(int* fds) {
  walk = opened(temp_path(""), physical);
  if (walk != NULL) fds[0] = walk->directory;
  return walk != NULL ? 0 : -1;
}

static void release_walk(int* fds) {
  (void)fds;
  ((close_type*)sibling("close"))(walk);
}

static const struct maker walk_maker = {.count = 1, .roles = {"directory"}, .make = make_walk, .release = release_walk};

static void tell_walk(const char* what, struct walk* made_walk, bool keeps_directory) {
  const int error = errno;
  if (made_walk != NULL) {
    if (keeps_directory) tell_flag(what, made_walk->directory);
    fact("%s ok", what);
    ((close_type*)sibling("close"))(made_walk);
  } else {
    fact("%s error errno=%s", what, error_name(error));
  }
}

void run_fts(void) {
  int fds[most_descriptors];
  char before[256] = "";
  if (getcwd(before, sizeof before) != NULL && made(&walk_maker, fds)) {
    int entries = 0;
    while (((read_type*)sibling("read"))(walk) != NULL) ++entries;
    release(&walk_maker, fds);
    char after[256] = "";
    fact("entries=%d is-back=%d", entries, getcwd(after, sizeof after) != NULL && strcmp(before, after) == 0);
    tell_walk("no-chdir", opened(temp_path(""), logical | no_chdir), false);
    tell_walk("missing", opened(temp_path("missing"), physical), true);
  }
  tell_walk("unknown-option", opened(temp_path(""), physical | unknown_option), true);
  tell_limits(&walk_maker);
}
