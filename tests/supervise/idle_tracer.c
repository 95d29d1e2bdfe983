// SPDX-License-Identifier: Apache-2.0
//
// Runs a program under a tracer that lets every stop go on and does nothing else: what a supervisor costs at the least.

#define _GNU_SOURCE
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** words) {
  int ready[2];
  if (count < 2 || pipe(ready) != 0) return 125;
  const pid_t program = fork();
  if (program == 0) {
    char byte = 0;
    if (read(ready[0], &byte, 1) == 1) execv(words[1], words + 1);
    return 127;
  }
  const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
  if (ptrace(PTRACE_SEIZE, program, NULL, options) != 0 || write(ready[1], "", 1) != 1) return 125;
  int result = 125;
  for (;;) {
    int status = 0;
    const pid_t task = waitpid(-1, &status, __WALL);
    if (task < 0) return result;
    if (WIFSTOPPED(status))
      ptrace(PTRACE_CONT, task, NULL, status >> 16 != 0 ? 0L : (long)WSTOPSIG(status));
    else if (task == program)
      result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}
