/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that knows nothing of close-on-exec, but for the header of the package, for which it is linked against
 * nothing. Prints the flag of a file that it opens, and the default; then, as its argument says, leaks the file into a
 * child (leak), stays with it (hold), or does this for each line that it reads, with a child that says whether it has
 * the file (serve).
 */
#include <cloexec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int opened(void) {
  const int file = open("/etc/passwd", O_RDONLY);
  printf("%d %d\n", cloexec_get(file), cloexec_get_default());
  fflush(stdout);
  return file;
}

/* Its end, or -1. */
static int run(const char* program, const char* first, const char* second) {
  int status = -1;
  const pid_t child = fork();
  if (child == 0) {
    execl(program, program, first, second, (char*)0);
    _exit(127);
  }
  return waitpid(child, &status, 0) == child ? status : -1;
}

static int serve(const char* self) {
  char line[8], number[16];
  while (fgets(line, sizeof line, stdin) != NULL) {
    const int file = opened();
    sprintf(number, "%d", file);
    if (run(self, "has", number) != 0) return 1;
    close(file);
  }
  return 0;
}

int main(int count, char** arguments) {
  const char* job = count > 1 ? arguments[1] : "";
  int file;
  if (strcmp(job, "has") == 0) return puts(fcntl(atoi(arguments[2]), F_GETFD) < 0 ? "closed" : "open") < 0;
  if (strcmp(job, "serve") == 0) return serve(arguments[0]);
  file = opened();
  if (strcmp(job, "hold") == 0) pause();
  if (strcmp(job, "leak") == 0) return run("/bin/true", NULL, NULL) != 0;
  return file < 0;
}
