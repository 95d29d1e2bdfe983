// SPDX-License-Identifier: Apache-2.0
//
// Calls a library's functions that happen to have names which the shim knows: what they are passed and what they return
// is theirs, whole.

#include <stdio.h>
#include <string.h>

struct pair {
  void* first;
  void* second;
};

// None of libc's headers is here to say otherwise.
extern void* clone(const void* object, int depth, double scale, long a, long b, long c, long d, long e, long f);
extern char* rexec(const char* expression, const char* text);
extern void* open_tree(const char* name);
extern struct pair fsopen(void* first, void* second);
extern double rcmd(double base, int exponent);
extern void* getpt(const void* point);
extern void* far_memory(void);

static void say(const char* name, int is_right) {
  printf("%s returned %s\n", name, is_right ? "all" : "something else");
  fflush(stdout);
}

int main(int count, char** arguments) {
  void* const far = far_memory();
  const char* const what = count > 1 ? arguments[1] : "";
  setvbuf(stdout, NULL, _IONBF, 0);
  if (strcmp(what, "clone") == 0) say(what, clone(far, 2, 3.5, 4, 5, 6, 7, 8, 9) == far);
  if (strcmp(what, "rexec") == 0) say(what, rexec("a*b", "aab") == far);
  if (strcmp(what, "open_tree") == 0) say(what, open_tree("oak") == far);
  if (strcmp(what, "fsopen") == 0) {
    const struct pair both = fsopen(far, NULL);
    say(what, both.first == NULL && both.second == far);
  }
  if (strcmp(what, "rcmd") == 0) say(what, rcmd(1.5, 3) == 4.5);
  if (strcmp(what, "getpt") == 0) say(what, getpt(far) == far);
  return 0;
}
