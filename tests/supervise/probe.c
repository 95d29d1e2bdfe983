// SPDX-License-Identifier: Apache-2.0
//
// Does what its arguments say, one after the other: a program to be linked statically, by any C library and for any
// machine. As "probe arrived" it says what it was given above 2: "arrived 3=/etc/passwd 5=socket".
//
//   VERB[:ARGUMENT]                      one thing to do
//   fork|vfork|clone|thread ... end      the verbs up to `end` in such a child or thread, which is waited for
//   leave ... end                        in a fork whose parent goes on at once
//   hand-over ... end                    in a thread, and this one ends
//   start[:WORD WORD...]                 exec: this program, to say what arrived; `start=PROGRAM:WORD...` another
//   spawn[:...], same by posix_spawn

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

static _Noreturn void fail(const char* what) {
  perror(what);
  _exit(99);
}

/// Without the number in brackets that no two runs have in common: "socket:[4711]" is "socket".
static void say_what_arrived(void) {
  char line[65536] = "arrived";
  size_t used = strlen(line);
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == NULL) fail("opendir");
  for (const struct dirent* entry; (entry = readdir(directory)) != NULL && used < sizeof line - 300;) {
    const int fd = atoi(entry->d_name);
    if (fd <= 2 || fd == dirfd(directory)) continue;
    char name[256];
    const ssize_t length = readlinkat(dirfd(directory), entry->d_name, name, sizeof name - 1);
    name[length > 0 ? length : 0] = '\0';
    char* const bracket = strstr(name, ":[");
    if (bracket != NULL) *bracket = '\0';
    used += (size_t)snprintf(line + used, sizeof line - used, " %d=%s", fd, name);
  }
  line[used++] = '\n';
  if (write(1, line, used) != (ssize_t)used) fail("write");
}

/// argv of a program from "WORD WORD".
static void split(char* words, char** arguments, int room) {
  int count = 1;
  for (char* word = words != NULL ? strtok(words, " ") : NULL; word != NULL && count < room; word = strtok(NULL, " "))
    arguments[count++] = word;
  arguments[count] = NULL;
}

static void start(const char* how, char* program, char* words) {
  char own[] = "/proc/self/exe";
  char verb[] = "arrived";
  char* arguments[64] = {program != NULL ? program : own};
  // This program is told what to do before all else.
  int begin = 0;
  if (program == NULL) arguments[++begin] = verb;
  split(words, arguments + begin, 62 - begin);
  if (strcmp(how, "spawn") == 0) {
    pid_t child = 0;
    if ((errno = posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ)) != 0) fail(arguments[0]);
    waitpid(child, NULL, 0);
    return;
  }
  if (strcmp(how, "fexecve") == 0)
    fexecve(open(arguments[0], O_RDONLY), arguments, environ);
  else
    execv(arguments[0], arguments);
  fail(arguments[0]);
}

/// The process that this one was forked by.
static pid_t forker = 0;

static void make_pipe(void) {
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
}

static void do_one(const char* verb, char* argument) {
  const int number = argument != NULL ? atoi(argument) : 0;
  if (strcmp(verb, "open") == 0)
    for (int i = 0; i < (number > 0 ? number : 1); ++i) open("/etc/passwd", O_RDONLY);
  else if (strcmp(verb, "marked") == 0)
    for (int i = 0; i < (number > 0 ? number : 1); ++i) open("/etc/group", O_RDONLY | O_CLOEXEC);
  else if (strcmp(verb, "path") == 0)
    open(argument, O_RDWR | O_CREAT, 0600);
  else if (strcmp(verb, "pipe") == 0)
    make_pipe();
  else if (strcmp(verb, "socket") == 0)
    socket(AF_UNIX, SOCK_STREAM, 0);
  else if (strcmp(verb, "at") == 0)
    dup2(open("/etc/hostname", O_RDONLY | O_CLOEXEC), number);
  else if (strcmp(verb, "again") == 0)  // the same file, opened anew
    dup2(open("/etc/passwd", O_RDONLY | O_CLOEXEC), number);
  else if (strcmp(verb, "dup") == 0)  // from the first number to the second
    dup2(number, atoi(strchr(argument, ' ')));
  else if (strcmp(verb, "dup2-same") == 0)
    dup2(number, number);
  else if (strcmp(verb, "close") == 0)
    close(number);
  else if (strcmp(verb, "mark") == 0)
    fcntl(number, F_SETFD, FD_CLOEXEC);
  else if (strcmp(verb, "clear") == 0)
    fcntl(number, F_SETFD, 0);
  else if (strcmp(verb, "sleep") == 0)  // milliseconds
    usleep((useconds_t)number * 1000);
  else if (strcmp(verb, "exit") == 0)
    exit(number);
  else if (strcmp(verb, "kill") == 0)
    kill(getpid(), number);
  else if (strcmp(verb, "setsid") == 0)
    setsid();
  else if (strcmp(verb, "setenv") == 0)
    putenv(strdup(argument));
  else if (strcmp(verb, "until-orphaned") == 0)
    while (getppid() == forker) usleep(1000);
  else if (strcmp(verb, "say") == 0)
    dprintf(1, "%s\n", argument);
  else if (strcmp(verb, "system") == 0)
    exit(WEXITSTATUS(system(argument)));
  else
    fail(verb);
}

struct Verbs {
  char** begin;
  char** end;
};

static void run(struct Verbs verbs);

static int run_all(void* verbs) {
  run(*(struct Verbs*)verbs);
  return 0;
}

static void* run_thread(void* verbs) {
  run_all(verbs);
  return NULL;
}

/// As the only thread of the process; the first one stays as a zombie (pthread_exit(3)).
static void* run_thread_alone(void* verbs) {
  char name[64];
  char text[256] = "";
  snprintf(name, sizeof name, "/proc/self/task/%d/stat", (int)getpid());
  while (strstr(text, ") Z") == NULL) {
    const int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (read(fd, text, sizeof text - 1) < 0) fail(name);
    close(fd);
  }
  run_all(verbs);
  exit(0);
}

static int flags_named(const char* names) {
  int flags = 0;
  if (strstr(names, "files") != NULL) flags |= CLONE_FILES;
  if (strstr(names, "vm") != NULL) flags |= CLONE_VM;
  if (strstr(names, "parent") != NULL) flags |= CLONE_PARENT;
  if (strstr(names, "untraced") != NULL) flags |= CLONE_UNTRACED;
  if (strstr(names, "vfork") != NULL) flags |= CLONE_VFORK;
  return flags;
}

/// Whether another's child has ended, whoever is to wait for it.
static int is_over(pid_t process) {
  char name[32];
  char text[256] = "";
  snprintf(name, sizeof name, "/proc/%d/stat", (int)process);
  FILE* const file = fopen(name, "re");
  if (file == NULL) return 1;
  const char* const end = fgets(text, sizeof text, file) != NULL ? strrchr(text, ')') : NULL;
  fclose(file);
  return end == NULL || end[2] == 'Z' || end[2] == 'X';
}

static void wait_for(pid_t child) {
  int status = 0;
  if (child < 0) fail("fork");
  if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 99) _exit(99);
}

/// In a child or a thread.
static void run_elsewhere(const char* verb, const char* argument, struct Verbs verbs) {
  if (strcmp(verb, "thread") == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_thread, &verbs) != 0) fail("pthread_create");
    pthread_join(thread, NULL);
    return;
  }
  if (strcmp(verb, "hand-over") == 0) {
    static struct Verbs kept;
    kept = verbs;
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_thread_alone, &kept) != 0) fail("pthread_create");
    syscall(SYS_exit, 0);
  }
  if (strcmp(verb, "clone") == 0) {
    static char stack[1 << 16];
    const int flags = flags_named(argument != NULL ? argument : "");
    const pid_t child = clone(run_all, stack + sizeof stack, flags | SIGCHLD, &verbs);
    if (child < 0) fail("clone");
    // Another's child cannot be waited for.
    if ((flags & CLONE_PARENT) != 0)
      while (!is_over(child)) usleep(1000);
    else
      wait_for(child);
    return;
  }
  forker = getpid();
  const pid_t child = strcmp(verb, "vfork") == 0 ? vfork() : fork();
  if (child == 0) {
    run(verbs);
    _exit(0);
  }
  if (strcmp(verb, "leave") != 0) wait_for(child);
}

static int is_elsewhere(const char* verb) {
  static const char* const verbs[] = {"fork", "vfork", "clone", "thread", "leave", "hand-over"};
  for (unsigned i = 0; i < sizeof verbs / sizeof *verbs; ++i) {
    const size_t size = strlen(verbs[i]);
    if (strncmp(verb, verbs[i], size) == 0 && (verb[size] == '\0' || verb[size] == ':')) return 1;
  }
  return 0;
}

static char** end_of(char** verb, char** end) {
  for (int depth = 1; verb < end; ++verb) {
    if (is_elsewhere(*verb)) ++depth;
    if (strcmp(*verb, "end") == 0 && --depth == 0) return verb;
  }
  fail("no end");
}

static void run(struct Verbs verbs) {
  for (char** word = verbs.begin; word < verbs.end; ++word) {
    char* const verb = strdup(*word);
    char* argument = strchr(verb, ':');
    if (argument != NULL) *argument++ = '\0';
    if (is_elsewhere(verb)) {
      char** const end = end_of(word + 1, verbs.end);
      run_elsewhere(verb, argument, (struct Verbs){word + 1, end});
      word = end;
      continue;
    }
    char* program = strchr(verb, '=');
    if (program != NULL) *program++ = '\0';
    if (strcmp(verb, "start") == 0 || strcmp(verb, "spawn") == 0 || strcmp(verb, "fexecve") == 0)
      start(verb, program, argument);
    else
      do_one(verb, argument);
  }
}

int main(int count, char** arguments) {
  // A script is given its own path first.
  if (count > 1 && arguments[1][0] == '/') --count, ++arguments;
  if (count > 1 && strcmp(arguments[1], "arrived") == 0)
    say_what_arrived();
  else
    run((struct Verbs){arguments + 1, arguments + count});
  return 0;
}
