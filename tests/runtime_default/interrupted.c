/* SPDX-License-Identifier: Apache-2.0
 *
 * Switches the default off in the midst of a call: in a handler that comes after its first instruction, then its
 * second, and so on to its last; after every so many, where there are thousands. What another thread could do at any
 * time is so done at each. Prints how many places were tried, and at how many the default did not hold afterwards; 1
 * when there are any, or too few for the shim to be there. Single steps are x86's (EFLAGS.TF). */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <ucontext.h>
#include <unistd.h>

#include "cloexec.h"

enum { trap_flag = 0x100, fewest_places = 100, most_places = 1000, never = 1 << 30 };

static volatile sig_atomic_t steps, place, ends;

static void set_stepping(void* context, int on) {
  greg_t* const flags = &((ucontext_t*)context)->uc_mcontext.gregs[REG_EFL];
  *flags = on ? *flags | trap_flag : *flags & ~(greg_t)trap_flag;
}

static void begin_stepping(int number, siginfo_t* information, void* context) {
  (void)number;
  (void)information;
  set_stepping(context, 1);
}

static void take_step(int number, siginfo_t* information, void* context) {
  (void)number;
  (void)information;
  if (steps++ == place) cloexec_set_default(0);
  set_stepping(context, steps <= place && !ends);
}

static void handle(int number, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(number, &action, NULL);
}

/* Whether the place was reached. */
static int call_and_interrupt(void) {
  cloexec_set_default(1);
  steps = ends = 0;
  kill(getpid(), SIGUSR1);
  close(eventfd(0, 0));
  ends = 1;
  return steps > place;
}

int main(void) {
  int stride, places = 0, wrong = 0;
  handle(SIGUSR1, begin_stepping);
  handle(SIGTRAP, take_step);
  close(eventfd(0, 0));
  place = never;
  call_and_interrupt();
  stride = steps / most_places + 1;
  for (place = 0; call_and_interrupt(); place += stride) {
    const int fd = eventfd(0, 0);
    ++places;
    wrong += cloexec_get(fd) != 0;
    close(fd);
  }
  printf("places %d wrong %d\n", places, wrong);
  return places >= fewest_places && wrong == 0 ? 0 : 1;
}
