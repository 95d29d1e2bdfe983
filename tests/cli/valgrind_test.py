#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs under Valgrind: with the suppressions that are installed, the shim adds nothing to what its thread checkers report,
and hides nothing of the program's own; and it reads no memory that nobody has written."""
import pathlib
import re
import subprocess
import unittest

from support import SHIM, CommandTest

SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "cloexec.supp"

# Threads that make, move, close and hand on descriptors, all at once, without a race of their own but for the one asked for.
PROGRAM = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static pthread_barrier_t together;
static int race, raced;
static void end(pid_t child) { waitpid(child, 0, 0); }
static void close_both(const int *ends) { close(ends[0]); close(ends[1]); }
static void *work(void *number) {
  pthread_barrier_wait(&together);
  for (int i = 0; i < 12; ++i) {
    int ends[2];
    if (pipe(ends) == 0) close_both(ends);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) close_both(ends);
    int file = open("/dev/null", O_RDWR);
    close(dup2(file, 100 + 10 * *(int *)number + i % 3));
    close(fcntl(dup(file), F_DUPFD, 10));
    fcntl(file, F_SETFD, 0);
    close(file);
    FILE *stream = fopen("/dev/null", "r");
    fclose(stream);
    if (race) ++raced;
  }
  pid_t child = fork();
  if (child == 0) _exit(close(dup(0)));
  end(child);
  child = vfork();
  if (child == 0) _exit(0);
  end(child);
  char *arguments[] = {"true", 0};
  if (posix_spawnp(&child, "true", 0, 0, arguments, environ) == 0) end(child);
  return 0;
}
int main(int count, char **arguments) {
  pthread_t threads[3];
  int numbers[3];
  race = count > 1;
  pthread_barrier_init(&together, 0, 3);
  for (int i = 0; i < 3; ++i) {
    numbers[i] = i;
    pthread_create(&threads[i], 0, work, &numbers[i]);
  }
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  return 7;
}
"""


# glibc leaves the descriptor of a stream that has none as malloc(3) found it.
STREAMS = """
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
int main(int count, char **arguments) {
  char *text;
  wchar_t *wide;
  size_t size;
  for (int i = 0; i < 3; ++i) {
    fclose(fopen("/etc/passwd", "r"));
    fclose(open_memstream(&text, &size));
    free(text);
    fclose(open_wmemstream(&wide, &size));
    free(wide);
    fclose(fmemopen(NULL, 64, "w+"));
    fclose(fopencookie(NULL, "r", (cookie_io_functions_t){0}));
  }
  volatile int *unwritten = malloc(sizeof *unwritten);
  if (count > 1 && *unwritten == 7) puts("7");
  return 7;
}
"""


class Valgrind(CommandTest):
    def compile(self, source):
        self.program = self.folder / "program"
        subprocess.run(["gcc", "-w", "-g", "-x", "c", "-", "-pthread", "-o", self.program], input=source, text=True, check=True)

    def errors(self, tool, *arguments, preload=SHIM, suppressions=True, processes=7):
        """What the program and each of its children end with, and whether the shim's code is in any report."""
        logs = self.folder / "logs"
        logs.mkdir()
        options = [f"--suppressions={SUPPRESSIONS}"] if suppressions else []
        result = self.cloexec(f"--tool={tool}", *options, f"--log-file={logs}/%p", self.program, *arguments, command="valgrind",
                              LD_PRELOAD=preload)
        self.expect(result, 7, "", "")
        texts = [log.read_text() for log in logs.iterdir()]
        for log in logs.iterdir():
            log.unlink()
        logs.rmdir()
        counts = [int(count) for text in texts for count in re.findall(r"ERROR SUMMARY: (\d+) errors", text)]
        self.assertGreaterEqual(len(counts), processes, "the program, and its children that forked")
        return sum(counts), any("libcloexec.so" in text for text in texts)

    def check(self, tool):
        self.compile(PROGRAM)
        self.assertEqual(self.errors(tool, preload=None), (0, False))
        self.assertEqual(self.errors(tool), (0, False))
        count, is_of_shim = self.errors(tool, suppressions=False)
        self.assertTrue(count > 0 and is_of_shim, "or the suppressions suppress nothing")
        count, _ = self.errors(tool, "race")
        self.assertGreater(count, 0, "the program's own race is reported all the same")

    def test_helgrind(self):
        self.check("helgrind")

    def test_drd(self):
        self.check("drd")

    def test_memcheck_of_streams_without_a_descriptor(self):
        self.compile(STREAMS)
        for preload in (None, SHIM):
            self.assertEqual(self.errors("memcheck", preload=preload, processes=1), (0, False))
        count, _ = self.errors("memcheck", "unwritten", processes=1)
        self.assertGreater(count, 0, "the program's own error is reported all the same")


if __name__ == "__main__":
    unittest.main()
