// SPDX-License-Identifier: Apache-2.0
//
// While a descriptor is being given to one program its flag is clear in the table that all threads share: no other
// program may be started at that moment. Whoever starts a process through libc waits for whoever gives, and the other
// way round. Waiting is bounded: nothing of the host may hang for us.
//
// Nothing here fails or changes errno, and all may be called in a signal handler: it takes back what the thread that it
// has interrupted gives, and does not wait for that. Who waits does so by futex(2).
#pragma once

namespace [[gnu::visibility("hidden")]] cloexec {

/// Counts a process that is about to be started and given nothing; returns where that is counted, since a child of
/// vfork takes itself off when it has its descriptors. Waits for each who gives, up to a second, and then takes the
/// gift back. Not for vfork children, whose descriptors are their own.
int* begin_start();

/// Says that a start which was counted is over: the new process has its descriptors, or there is none. In a forked
/// child, which finds nothing counted, it does nothing.
void end_start();

/// A start that is counted for as long as this lives. A forked child finds nothing counted.
class Starting {
 public:
  /// Counts it, as begin_start(): in a vfork child it does nothing.
  Starting();
  ~Starting();
  Starting(const Starting&) = delete;
  Starting& operator=(const Starting&) = delete;

 private:
  bool is_counted_;
};

/// Counts a shell that libc is about to start inside a call that waits for it, system(3) or wordexp(3): who gives next
/// waits 20 ms first, in which it gets its descriptors. Waits as begin_start() does.
void note_shell();

/// Says that this thread gives from now on, once nobody else does, up to a second for each, and what is being started
/// has its descriptors, up to 20 ms for starts and as long for shells. Nothing in a vfork child, which may always give:
/// its descriptors are its own.
void begin_giving();

/// Whether this thread still gives: a signal handler which starts a process in between ends that, and so does who has
/// waited too long.
bool is_giving();

/// Says that this thread gives no more, and wakes who waits. Nothing where is_giving() is false, or in a vfork child.
void end_giving();

/// Makes what is being given close-on-exec again, whoever gives it, but not what the program has cleared itself
/// meanwhile.
void take_back();

}  // namespace cloexec
