// SPDX-License-Identifier: Apache-2.0
//
// An object without symbol versions that has what few objects have: a function without a type, one that a resolver
// chooses, and data of a name that could be a function's. Look-ups must take them as the loader does, or not at all.

int odd_resolved(void);
extern int odd_data;
int odd_data = 1;

static int chosen(void) { return 2; }

typedef int function(void);
static function* resolve(void) { return chosen; }
int odd_resolved(void) __attribute__((ifunc("resolve")));

__asm__(
    ".text\n"
    ".globl odd_untyped\n"
    "odd_untyped:\n"
    "  nop\n");
