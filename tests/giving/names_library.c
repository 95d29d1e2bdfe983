// SPDX-License-Identifier: Apache-2.0
//
// A library whose own functions have names that libc has too, as collections have a clone and trees an open. It was
// linked before libc, so that its program means these. They say what they were passed.

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct pair {
  void* first;
  void* second;
};

void* clone(const void* object, int depth, double scale, long a, long b, long c, long d, long e, long f);
char* rexec(const char* expression, const char* text);
void* open_tree(const char* name);
struct pair fsopen(void* first, void* second);
double rcmd(double base, int exponent);
void* getpt(const void* point);

/// Nothing else says whether a pointer came back whole: above 4 GiB where there is one.
static void* far(void) {
  static char memory[16];
  memory[0] = 'x';
  return memory;
}

void* clone(const void* object, int depth, double scale, long a, long b, long c, long d, long e, long f) {
  printf("clone %d %d %.1f %ld %ld %ld %ld %ld %ld\n", object == far(), depth, scale, a, b, c, d, e, f);
  return far();
}

char* rexec(const char* expression, const char* text) {
  printf("rexec %s %s\n", expression, text);
  return far();
}

void* open_tree(const char* name) {
  printf("open_tree %s\n", name);
  return far();
}

struct pair fsopen(void* first, void* second) {
  printf("fsopen %d %d\n", first == far(), second == far());
  return (struct pair){second, first};
}

double rcmd(double base, int exponent) {
  printf("rcmd %.1f %d\n", base, exponent);
  return base * exponent;
}

void* getpt(const void* point) {
  printf("getpt %d\n", point == far());
  return far();
}

void* far_memory(void);
void* far_memory(void) { return far(); }
