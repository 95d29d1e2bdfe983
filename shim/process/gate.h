// SPDX-License-Identifier: Apache-2.0
//
// While a descriptor is being given to one program its flag is clear in the table that all threads share: no other
// program may be started at that moment. Whoever starts a process through libc waits for whoever gives, and the other
// way round. Waiting is bounded: nothing of the host may hang for us.
#pragma once

namespace [[gnu::visibility("hidden")]] cloexec {

/// Counts a process that is about to be started and given nothing; returns where that is counted, since a child of
/// vfork takes itself off when it has its descriptors. Not for vfork children, whose descriptors are their own.
int* begin_start();
void end_start();

/// A start that is counted for as long as this lives. A forked child finds nothing counted.
class Starting {
 public:
  Starting();
  ~Starting();
  Starting(const Starting&) = delete;
  Starting& operator=(const Starting&) = delete;

 private:
  bool is_counted_;
};

/// Counts a shell that libc is about to start inside a call that waits for it, system(3) or wordexp(3): who gives next
/// lets it get its descriptors first.
void note_shell();

/// This thread gives from now on. A vfork child may always: its descriptors are its own.
void begin_giving();

/// Whether it still may: a signal handler which starts a process in between ends it.
bool is_giving();

void end_giving();

/// Makes what is being given close-on-exec again.
void take_back();

}  // namespace cloexec
