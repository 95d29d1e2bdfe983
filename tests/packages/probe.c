/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that knows nothing of close-on-exec, but for the header of the package, for which it is linked against
 * nothing. Prints the flag of a file that it opens, and the default; then, as its argument says, leaks the file into a
 * child (leak) or stays with it (hold).
 */
#include <cloexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** arguments) {
  const int file = open("/etc/passwd", O_RDONLY);
  printf("%d %d\n", cloexec_get(file), cloexec_get_default());
  fflush(stdout);
  if (count > 1 && strcmp(arguments[1], "hold") == 0) pause();
  if (count > 1 && strcmp(arguments[1], "leak") == 0) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/true", "true", (char*)0);
      _exit(127);
    }
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
  }
  return file < 0;
}
