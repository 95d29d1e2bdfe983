// SPDX-License-Identifier: Apache-2.0
//
// Spends its time in restartable sequences (rseq(2)). Says after some milliseconds how often the kernel had one begin
// again.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/rseq.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/rseq.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
static volatile long begun_again;

/// As many turns as take some microseconds.
static void run_sequence(struct rseq* area) {
  __asm__ volatile(
      ".pushsection __rseq_cs, \"aw\"\n"
      ".balign 32\n"
      "1: .long 0, 0\n"
      ".quad 2f, 3f - 2f, 4f\n"
      ".popsection\n"
      "jmp 5f\n"
      ".long 0x53053053\n"  // RSEQ_SIG
      "4: incq %[again]\n"
      "5: leaq 1b(%%rip), %%rax\n"
      "movq %%rax, 8(%[area])\n"
      "2: movl $20000, %%ecx\n"
      "6: decl %%ecx\n"
      "jnz 6b\n"
      "3:\n"
      :
      : [area] "r"(area), [again] "m"(begun_again)
      : "rax", "rcx", "memory", "cc");
}

int main(int count, char** words) {
  if (count < 2 || __rseq_size == 0) return 77;
  struct rseq* const area = (struct rseq*)((char*)__builtin_thread_pointer() + __rseq_offset);
  if (dup2(open("/etc/passwd", O_RDONLY | O_CLOEXEC), 40) < 0) return 9;
  printf("ready\n");
  fflush(stdout);
  struct timespec begin, now;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  do {
    for (int i = 0; i < 100; ++i) run_sequence(area);
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < atol(words[1]));
  printf("%ld\n", begun_again);
  return 0;
}
#else
int main(void) { return 77; }
#endif
