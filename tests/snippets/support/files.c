// SPDX-License-Identifier: Apache-2.0
//
// The files that snippets work on: in a directory that each has for itself.

// A directory's positions have 64 bits, also those of a 32-bit program under qemu-user.
#define _FILE_OFFSET_BITS 64
#include <dirent.h>

#include "snippet.h"

static char directory[96];

const char* temp_path(const char* name) {
  static char paths[4][128];
  static unsigned next;
  char* path = paths[next++ % 4];
  snprintf(path, sizeof *paths, "%s/%s", directory, name);
  return path;
}

void make_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) _exit(1);
}

void make_temp_directory(void) {
  const char* parent = getenv("TMPDIR");
  if (parent == NULL) parent = "/tmp";
  const int size = snprintf(directory, sizeof directory, "%s/snippets.XXXXXX", parent);
  if (size >= (int)sizeof directory || mkdtemp(directory) == NULL) {
    fprintf(stderr, "snippets: no directory can be made in %s\n", parent);
    _exit(1);
  }
  make_file(temp_path("file"), "bytes");
}

void remove_temp_directory(void) {
  DIR* entries = opendir(directory);
  for (struct dirent* entry; entries != NULL && (entry = readdir(entries)) != NULL;)
    if (entry->d_name[0] != '.') remove(temp_path(entry->d_name));
  if (entries != NULL) closedir(entries);
  rmdir(directory);
}
