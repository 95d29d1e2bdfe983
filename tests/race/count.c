// SPDX-License-Identifier: Apache-2.0
//
// The program that the race starts: it says on standard output how many descriptors above 2 reached it, and of which
// kinds, in one line short enough for a pipe to take whole. "2 pipe eventfd"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// "pipe:[123]" is a pipe, "anon_inode:[eventfd]" an eventfd, "/memfd:x (deleted)" a memfd, what else has a slash a
// file.
static void append_kind(char* kinds, size_t room, const char* link) {
  char target[64] = "";
  if (readlink(link, target, sizeof target - 1) < 0) strcpy(target, "unreadable");
  const char* kind = target;
  if (strncmp(target, "anon_inode:", 11) == 0)
    kind = target + 11;
  else if (strncmp(target, "/memfd:", 7) == 0)
    kind = "memfd";
  else if (target[0] == '/')
    kind = "file";
  kind += strspn(kind, "[");
  const size_t used = strlen(kinds);
  snprintf(kinds + used, room - used, " %.*s", (int)strcspn(kind, ":]"), kind);
}

int main(void) {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == NULL) return 1;
  char kinds[PIPE_BUF - 32] = "";
  int arrived = 0;
  for (const struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    const int fd = atoi(entry->d_name);
    if (fd <= STDERR_FILENO || fd == dirfd(directory)) continue;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    append_kind(kinds, sizeof kinds, link);
    ++arrived;
  }
  closedir(directory);
  return printf("%d%s\n", arrived, kinds) < 0 || fflush(stdout) != 0;
}
