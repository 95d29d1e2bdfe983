// SPDX-License-Identifier: Apache-2.0
//
// syscall(2): what a program asks of the kernel by number is treated as the function of that name is, down to what was
// found to work; Call::syscall stands for calls that have no function.

#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sched.h>

#include <cstring>

#include "shim/find_next.h"
#include "shim/interpose.h"
#include "shim/interpose/exec.h"
#include "shim/method/open_how.h"
#include "shim/method/range.h"
#include "shim/method/receive.h"
#include "shim/threads.h"

#ifndef PERF_FLAG_FD_CLOEXEC
#define PERF_FLAG_FD_CLOEXEC (1UL << 3)
#endif

using namespace cloexec;

namespace {

constexpr std::uint16_t open_tree_attr = 467;  // Linux 6.15, the same on every architecture

struct Row {
  std::uint16_t number;
  Recipe recipe;
};

consteval Recipe opening(Call call, std::int8_t path, std::uint8_t flags) {
  return flag(call, flags, O_CLOEXEC).about(path).retried(Retry::while_unsettled);
}

/// Another system call, which takes `value` at `place`.
consteval Recipe by(std::uint16_t other, Call call, std::uint8_t place, std::uint32_t value) {
  return substitute(call, call, place, value).or_syscall(other);
}

// The forms without flags exist on older architectures only. Places count the number as well.
constexpr Row rows[] = {
#ifdef SYS_open
    {SYS_open, opening(Call::open, 1, 2)},
    {SYS_pipe, by(SYS_pipe2, Call::pipe, 2, O_CLOEXEC).making(Shape::Kind::pair).about(1)},
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
    {SYS_openat, opening(Call::openat, 2, 3)},
    {SYS_open_by_handle_at, opening(Call::open_by_handle_at, -1, 3)},
    {SYS_ioctl, flag(Call::ioctl, 3, O_CLOEXEC)},
    {SYS_dup, by(fcntl_number, Call::dup, 2, F_DUPFD_CLOEXEC)},
    {SYS_dup3, flag(Call::dup3, 3, O_CLOEXEC).about(2)},
    {SYS_fcntl, by(SYS_fcntl, Call::fcntl, 2, F_DUPFD_CLOEXEC)},
    {SYS_pipe2, flag(Call::pipe2, 2, O_CLOEXEC).making(Shape::Kind::pair).about(1)},
    {SYS_socket, flag(Call::socket, 2, SOCK_CLOEXEC)},
    {SYS_socketpair, flag(Call::socketpair, 2, SOCK_CLOEXEC).making(Shape::Kind::pair).about(4)},
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
};

const Recipe* recipe_for(long number) {
  for (const Row& row : rows)
    if (row.number == number) return &row.recipe;
  return nullptr;
}

/// What a raw call shows, the function of the same name is taken to do too. That is wrong when a preload below us wraps
/// the function, or the one that makes its atomic form, and may drop a flag in it: there raw calls are made plainly,
/// and teach nothing.
bool would_mislead(const Recipe& recipe) {
  if (ability_of(recipe.call) != Ability::unknown) return false;
  const Recipe* const other = recipe.number != 0 ? recipe_for(recipe.number) : nullptr;
  return is_wrapped_below(name_of(recipe.call).data()) ||
         (other != nullptr && other->call != recipe.call && is_wrapped_below(name_of(other->call).data()));
}

Word made(const Recipe& recipe, const void* caller, const Word* words) {
  const WordCall call = WordCall::by_number(recipe, caller, words);
  if (!would_mislead(recipe) || call.arguments().make_none()) return call.make();
  return call.make_as_written();
}

Word call_plainly(const Word* words) {
  return next_syscall(words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
}

Word marked(Word fd) {
  if (fd > 2) note_flag(static_cast<int>(fd), false);
  return fd;
}

Word interposed(const void* caller, Word* words) {
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
    case SYS_openat2:
      return make_with_how(stored<by(SYS_openat2, Call::openat2, 3, 0).about(2).retried(Retry::while_unsettled)>,
                           caller, words, true);
    case SYS_recvmsg:
      return make_received(WordCall::by_number(stored<flag(Call::recvmsg, 3, MSG_CMSG_CLOEXEC)>, caller, words),
                           one_header(from_word<msghdr*>(words[2])));
#ifdef SYS_recvmmsg_time64
    case SYS_recvmmsg_time64:
#endif
    case SYS_recvmmsg:
      return make_received(WordCall::by_number(stored<flag(Call::recvmmsg, 4, MSG_CMSG_CLOEXEC)>, caller, words),
                           many_headers(from_word<mmsghdr*>(words[2]), static_cast<unsigned>(words[3])));
    // What the kernel itself marks.
    case SYS_pidfd_open:
    case SYS_pidfd_getfd:
    case SYS_landlock_create_ruleset:
    case SYS_io_uring_setup:
    case SYS_bpf:
    case SYS_seccomp:
      return marked(call_plainly(words));
    case SYS_execve:
    case SYS_execveat:
      return started_by_number(caller, words);
    case SYS_close_range:
      note_range(static_cast<unsigned>(words[1]), static_cast<unsigned>(words[2]), static_cast<unsigned>(words[3]));
      break;
    case SYS_close:
      note_range(static_cast<unsigned>(words[1]), static_cast<unsigned>(words[1]), 0);
      break;
    default:
      break;
  }
  const Recipe* recipe = recipe_for(words[0]);
  return recipe != nullptr ? made(*recipe, caller, words) : call_plainly(words);
}

/// Whether a system call of that number makes, marks or closes descriptors, or is an exec.
bool is_ours(long number) {
  switch (number) {
#ifdef SYS_creat
    case SYS_creat:
#endif
#ifdef SYS_recvmmsg_time64
    case SYS_recvmmsg_time64:
#endif
    case SYS_openat2:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_pidfd_open:
    case SYS_pidfd_getfd:
    case SYS_landlock_create_ruleset:
    case SYS_io_uring_setup:
    case SYS_bpf:
    case SYS_seccomp:
    case SYS_close_range:
    case SYS_close:
    case SYS_execve:
    case SYS_execveat:
      return true;
    default:
      return recipe_for(number) != nullptr;
  }
}

/// sigprocmask(2) reads the set before it looks at what is to be done with it.
bool is_readable(Word address) { return raw_syscall(__NR_rt_sigprocmask, -1, address, 0, 8) == -EINVAL; }

/// A process of which libc knows nothing. Its flags are clone(2)'s first argument, and clone3's first member. What one
/// that borrows our memory does cannot be told from what its parent does later.
void note_process(long number, Word first) {
  if (number == SYS_unshare) note_unshare(static_cast<unsigned>(first));
  const Word flags = number == SYS_clone                          ? first
                     : number == SYS_clone3 && is_readable(first) ? *from_word<const Word*>(first)
                                                                  : 0;
  if ((number == SYS_clone || number == SYS_clone3) && (flags & CLONE_THREAD) == 0)
    note_clone(static_cast<unsigned>(flags));
  if ((flags & (CLONE_VM | CLONE_VFORK | CLONE_THREAD)) == (CLONE_VM | CLONE_VFORK)) distrust(begin_epoch());
}

Word interposed_syscall(Word number, Word a, Word b, Word c, Word d, Word e, Word f) {
  Word words[most_words] = {number, a, b, c, d, e, f};
  return interposed(CALLER, words);
}

}  // namespace

/// What we have nothing to do with gets no frame of ours: SYS_vfork returns twice.
extern "C" [[gnu::visibility("hidden"), gnu::used]] void* cloexec_route_syscall(Word number, Word first) {
#ifdef SYS_vfork
  if (number == SYS_vfork) return reinterpret_cast<void*>(vfork);
#endif
  if (is_ours(number)) return reinterpret_cast<void*>(interposed_syscall);
  note_process(number, first);
  return reinterpret_cast<void*>(next_syscall.get());
}

CLOEXEC_EXPORT(syscall, CLOEXEC_ASK("cloexec_route_syscall"))
