// SPDX-License-Identifier: Apache-2.0
//
// syscall(2): what a program asks of the kernel by number is treated as the function of that name is, down to what was
// found to work; Call::syscall stands for calls that have no function.

#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sched.h>

#include <cerrno>

#include "shim/decide/verdict.h"
#include "shim/host/descriptor.h"
#include "shim/host/find_next.h"
#include "shim/host/signal_mask.h"
#include "shim/interpose/exec.h"
#include "shim/interpose/interpose.h"
#include "shim/interpose/recipes.h"
#include "shim/process/start.h"
#include "shim/process/threads.h"

#ifndef PERF_FLAG_FD_CLOEXEC
#define PERF_FLAG_FD_CLOEXEC (1UL << 3)
#endif

using namespace cloexec;

namespace {

constexpr std::uint16_t no_number = 0xffff;
constexpr std::uint16_t open_tree_attr = SYS_open_tree + 39;  // Linux 6.15

struct Row {
  std::uint16_t number;
  Recipe recipe;
};

/// Another system call, which takes `value` at `place`.
consteval Recipe by(std::uint16_t other, Call call, std::uint8_t place, std::uint32_t value) {
  return substitute(call, call, place, value).or_syscall(other);
}

// The forms without flags exist on older architectures only. Places count the number as well.
constexpr Row rows[] = {
#ifdef SYS_open
    {SYS_open, open_recipe(Call::open, 1, 2)},
    {Machine::does_pipe_return_both ? no_number : SYS_pipe,
     by(SYS_pipe2, Call::pipe, 2, O_CLOEXEC).giving(Outcome::pair).about(1)},
    {SYS_dup2, by(SYS_dup3, Call::dup2, 3, O_CLOEXEC).about(2)},
    {SYS_epoll_create, by(SYS_epoll_create1, Call::epoll_create, 1, EPOLL_CLOEXEC)},
    {SYS_eventfd, by(SYS_eventfd2, Call::eventfd, 2, EFD_CLOEXEC)},
    {SYS_signalfd, by(SYS_signalfd4, Call::signalfd, 4, SFD_CLOEXEC)},
    {SYS_inotify_init, by(SYS_inotify_init1, Call::inotify_init, 1, IN_CLOEXEC)},
#endif
#ifdef SYS_accept
    {SYS_accept, by(SYS_accept4, Call::accept, 4, SOCK_CLOEXEC).retried(Retry::if_accept4_is_refused)},
#endif
#ifdef SYS_fcntl64
    {SYS_fcntl64, by(SYS_fcntl64, Call::fcntl, 2, F_DUPFD_CLOEXEC)},
#endif
#ifdef SYS_memfd_secret
    {SYS_memfd_secret, flag(Call::syscall, 1, O_CLOEXEC)},
#endif
    {SYS_openat, open_recipe(Call::openat, 2, 3)},
    {SYS_open_by_handle_at, open_recipe(Call::open_by_handle_at, -1, 3)},
    {SYS_ioctl, flag(Call::ioctl, 3, O_CLOEXEC)},
    {SYS_dup, by(fcntl_number, Call::dup, 2, F_DUPFD_CLOEXEC)},
    {SYS_dup3, flag(Call::dup3, 3, O_CLOEXEC).about(2)},
    {SYS_fcntl, by(SYS_fcntl, Call::fcntl, 2, F_DUPFD_CLOEXEC)},
    {SYS_pipe2, flag(Call::pipe2, 2, O_CLOEXEC).giving(Outcome::pair).about(1)},
    {SYS_socket, flag(Call::socket, 2, SOCK_CLOEXEC)},
    {SYS_socketpair, flag(Call::socketpair, 2, SOCK_CLOEXEC).giving(Outcome::pair).about(4)},
    {SYS_accept4, flag(Call::accept4, 4, SOCK_CLOEXEC).retried(Retry::if_accept4_is_refused)},
    {SYS_epoll_create1, flag(Call::epoll_create1, 1, EPOLL_CLOEXEC)},
    {SYS_eventfd2, flag(Call::eventfd, 2, EFD_CLOEXEC)},
    {SYS_signalfd4, flag(Call::signalfd, 4, SFD_CLOEXEC)},
    {SYS_timerfd_create, flag(Call::timerfd_create, 2, TFD_CLOEXEC)},
    {SYS_inotify_init1, flag(Call::inotify_init1, 1, IN_CLOEXEC)},
    {SYS_fanotify_init, flag(Call::fanotify_init, 1, FAN_CLOEXEC)},
    {SYS_memfd_create, flag(Call::memfd_create, 2, MFD_CLOEXEC)},
    {SYS_userfaultfd, flag(Call::syscall, 1, O_CLOEXEC)},
    {SYS_perf_event_open, flag(Call::syscall, 5, PERF_FLAG_FD_CLOEXEC)},
    {SYS_fsopen, flag(Call::fsopen, 2, FSOPEN_CLOEXEC)},
    {SYS_fsmount, flag(Call::fsmount, 2, FSMOUNT_CLOEXEC)},
    {SYS_fspick, flag(Call::fspick, 3, FSPICK_CLOEXEC)},
    {SYS_open_tree, flag(Call::open_tree, 3, OPEN_TREE_CLOEXEC)},
    {open_tree_attr, flag(Call::open_tree, 3, OPEN_TREE_CLOEXEC)},
    {SYS_openat2, openat2_recipe(2, 3)},
    {SYS_recvmsg, receive_recipe(Call::recvmsg, 2, 3, Outcome::rights)},
    {SYS_recvmmsg, receive_recipe(Call::recvmmsg, 2, 4, Outcome::many_rights)},
#ifdef SYS_recvmmsg_time64
    {SYS_recvmmsg_time64, receive_recipe(Call::recvmmsg, 2, 4, Outcome::many_rights)},
#endif
};

const Recipe* recipe_for(long number) {
  for (const Row& row : rows)
    if (row.number == number) return &row.recipe;
  return nullptr;
}

/// What a raw call shows, the function of the same name is taken to do too. That is wrong when a preload below us wraps
/// the function, or the one that makes its atomic form, and may drop a flag in it: there raw calls are made plainly,
/// and teach nothing. Of messages nothing is learnt.
bool would_mislead(const Recipe& recipe) {
  if (ability_of(recipe.call) != Ability::unknown || recipe.retry == Retry::if_family_refuses) return false;
  const Recipe* const other = recipe.number != 0 ? recipe_for(recipe.number) : nullptr;
  return is_wrapped_below(name_of(recipe.call).data()) ||
         (other != nullptr && other->call != recipe.call && is_wrapped_below(name_of(other->call).data()));
}

/// What a system call does that concerns us.
enum class Deed : std::uint8_t { other, makes, is_marked_by_the_kernel, starts, closes, closes_range, parts };

Deed deed_of(long number) {
  switch (number) {
    case SYS_pidfd_open:
    case SYS_pidfd_getfd:
    case SYS_landlock_create_ruleset:
    case SYS_io_uring_setup:
    case SYS_bpf:
    case SYS_seccomp:
      return Deed::is_marked_by_the_kernel;
    case SYS_execve:
    case SYS_execveat:
      return Deed::starts;
    case SYS_close:
      return Deed::closes;
    case SYS_close_range:
      return Deed::closes_range;
    case SYS_unshare:
      return Deed::parts;
#ifdef SYS_creat
    case SYS_creat:
      return Deed::makes;
#endif
    default:
      return recipe_for(number) != nullptr ? Deed::makes : Deed::other;
  }
}

/// Words that a recipe alone cannot say.
void prepare(const void* caller, Word* words) {
  switch (words[0]) {
#ifdef SYS_creat
    case SYS_creat:
      words[3] = words[2];
      words[2] = O_CREAT | O_WRONLY | O_TRUNC;
      words[0] = SYS_open;
      break;
#endif
    case SYS_dup:
      words[3] = 0;  // the least number, where this becomes F_DUPFD_CLOEXEC
      break;
    case SYS_fanotify_init:  // whose second flags are those of the descriptors that read(2) will deliver
      if (verdict_on({Call::fanotify_init, caller}) != Verdict::exempt) words[2] |= O_CLOEXEC;
      break;
    default:
      break;
  }
}

Word made(const void* caller, Word* words) {
  prepare(caller, words);
  const Recipe& recipe = *recipe_for(words[0]);
  return make({.recipe = recipe,
               .caller = caller,
               .words = words,
               .is_by_number = true,
               .must_stay_plain = would_mislead(recipe)});
}

Word forked(const Word* words);

Word interposed(const void* caller, Word* words) {
  const Deed deed = deed_of(words[0]);
  if (deed == Deed::other) return forked(words);
  if (deed == Deed::makes) return made(caller, words);
  if (deed == Deed::starts) return started_by_number(caller, words);
  const auto first = static_cast<unsigned>(words[1]);
  Sharing sharing;
  if (deed == Deed::parts) sharing.note_unshare(first);
  if (deed == Deed::closes) note_range(first, first, 0);
  if (deed == Deed::closes_range) note_range(first, static_cast<unsigned>(words[2]), static_cast<unsigned>(words[3]));
  const Word result = next_syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
  if (result < 0) sharing.take_back();
  if (deed == Deed::is_marked_by_the_kernel && result > 2) note_flag_set(static_cast<int>(result));
  return result;
}

/// sigprocmask(2) reads the set before it looks at what is to be done with it.
bool is_readable(Word address) {
  return raw_syscall(__NR_rt_sigprocmask, -1, address, 0, sizeof(SignalMask)) == -EINVAL;
}

/// The flags of a clone: in clone3 the first member. Of a fork there are none.
Word clone_flags(const Word* words) {
  if (words[0] == SYS_clone) return words[Machine::place_of_clone_flags];
  return words[0] == SYS_clone3 && is_readable(words[1]) ? *from_word<const Word*>(words[1]) : 0;
}

/// A fork by number: the child has its own memory, and returns here as its parent does.
Word forked(const Word* words) {
  const auto flags = static_cast<unsigned>(clone_flags(words));
  Sharing sharing;
  sharing.note_clone(flags);
  const Starting starting;
  const Fork fork((flags & CLONE_PARENT) == 0);
  const Word result = next_syscall(words[0], words[1], words[2], words[3], words[4], words[5]);
  if (result == 0) fork.begin_child();
  if (result < 0) sharing.take_back();
  return result;
}

Word interposed_syscall(Word number, Word a, Word b, Word c, Word d, Word e, Word f) {
  Word words[most_words] = {number, a, b, c, d, e, f};
  return interposed(CALLER, words);
}

/// What jumps on to libc's function: a thread, or what borrows our memory, for it returns twice on one stack. What such
/// a child does cannot be told from what its parent does later.
void note_borrower(const Word* words) {
  const Word flags = clone_flags(words);
  if ((flags & (CLONE_VM | CLONE_THREAD)) == CLONE_VM) Sharing().note_clone(static_cast<unsigned>(flags));
  if ((flags & (CLONE_VM | CLONE_VFORK | CLONE_THREAD)) == (CLONE_VM | CLONE_VFORK)) distrust(begin_epoch());
}

bool is_fork(const Word* words) {
#ifdef SYS_fork
  if (words[0] == SYS_fork) return true;
#endif
  return (words[0] == SYS_clone || words[0] == SYS_clone3) && (clone_flags(words) & CLONE_VM) == 0;
}

}  // namespace

/// What we have nothing to do with gets no frame of ours: SYS_vfork returns twice. Of i386's stack the first two words
/// alone are arguments.
extern "C" [[gnu::visibility("hidden"), gnu::used]] void* cloexec_route_syscall(Word number, Word first, Word second) {
  const Word words[] = {number, first, second};
#ifdef SYS_vfork
  if (number == SYS_vfork) return reinterpret_cast<void*>(vfork);
#endif
  if (deed_of(number) != Deed::other || is_fork(words)) return reinterpret_cast<void*>(interposed_syscall);
  note_borrower(words);
  return reinterpret_cast<void*>(next_syscall.get());
}

CLOEXEC_EXPORT(syscall, CLOEXEC_ASK("cloexec_route_syscall"))
