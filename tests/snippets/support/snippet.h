// SPDX-License-Identifier: Apache-2.0
//
// What a snippet is, and how it tells facts. A snippet takes its function from dlsym, as the program would get it, with
// or without the shim, and uses it for real; every fact that it tells is a line that must be the same in both cases.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

typedef void function(void);

enum { most_descriptors = 3 };

/// A way to make descriptors that can be repeated: with number 0 free, with no number free, in a vfork child.
struct maker {
  int count;
  const char* roles[most_descriptors];
  void (*prepare)(void);      // what the call needs; may be null
  int (*make)(int* fds);      // the call alone: -1 with errno, else the descriptors, of which -1 means none
  void (*release)(int* fds);  // ends what was made; null: close
  void (*tidy)(void);         // undoes prepare, whether or not the call worked; may be null
  bool leaves_errno;          // libc's own code changes errno when it succeeds, and not always to the same
};

struct snippet {
  const char* name;
  void (*run)(void);
  void (*block)(void);           // a cancellation point: calls about_to_block(), then the function so that it blocks
  const struct maker* in_vfork;  // an async-signal-safe function
  int kind;                      // for the body that several names share
};

#define SNIPPET(name_, ...) \
  { .name = #name_, __VA_ARGS__ }

/// One for each name of the catalogue on this architecture; the last has no name. See table.c.
extern const struct snippet all_snippets[];

/// What is being tried.
struct subject {
  const char* name;
  const char* context;
  const char* part;  // within syscall: which system call
  function* function;
  int kind;
};
extern struct subject subject;

/// The function being tried, as a pointer of its real type.
#define CALL(type) ((type)subject.function)

/// The function of this name that the program would call, or null; for compat symbols their oldest version.
function* find_function(const char* name);

/// Tells one fact: a line "NAME CONTEXT text".
void fact(const char* format, ...) __attribute__((format(printf, 1, 2)));

const char* error_name(int error);

/// Tells whether `fd` is close-on-exec, in a line that the shim must turn to 1; on an exempt number it is told apart.
void tell_flag(const char* role, int fd);

/// Tells the flag where it is the program's own doing, so that the shim must leave it as it was.
void tell_kept_flag(const char* role, int fd);

/// Tells how a call that returns a descriptor ended, and closes what it returned.
void tell_descriptor(const char* what, int fd);

/// Tells how a call ended that returns something else.
void tell_result(const char* what, long result);

/// Evaluates the call with errno set to what no call sets, so that "untouched" can be told.
#define DESCRIPTOR(what, call) (errno = untouched, tell_descriptor(what, call))
#define RESULT(what, call) (errno = untouched, tell_result(what, (long)(call)))
enum { untouched = 4242 };

/// Makes descriptors, and tells of each whether it is close-on-exec. False when that failed, which is told, too.
bool made(const struct maker* maker, int* fds);
void release(const struct maker* maker, int* fds);

/// The same when the lowest free number is 0, and when there is none: facts that hold for all makers.
void tell_limits(const struct maker* maker);

/// made, release and tell_limits, for what has nothing to show but its descriptors.
void tell_all(const struct maker* maker);

/// Tells whether bytes go in at one descriptor and come out at another.
void tell_carries(const char* what, int from, int to);

/// Frees number 0 and takes it back: for calls that are told which number to use.
int free_zero(void);
void restore_zero(int saved);

/// Tells the permissions of what is open at `fd`.
void tell_mode(const char* what, int fd);

/// A path in a directory of this snippet's own, in a static buffer of 4.
const char* temp_path(const char* name);
void make_file(const char* path, const char* text);
void make_temp_directory(void);
void remove_temp_directory(void);

/// How many of the numbers below 256 are open.
int count_open(void);

/// Tells the runner that the next call will block.
void about_to_block(void);
extern volatile bool is_about_to_block;

/// Prints the names of all, a line each. 0, or 1 when standard output cannot be written.
int list_snippets(void);

/// Runs the snippets of the given names, all when there is none, in one context. 0, or 2 when a name is unknown.
int run_snippets(const char* context, char** names);

/// Runs one snippet's part for a context.
void run_cancelled(const struct snippet* snippet);
void run_in_vfork(const struct maker* maker);
