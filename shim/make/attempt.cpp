// SPDX-License-Identifier: Apache-2.0

#include "shim/make/attempt.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>

#include "shim/decide/settings.h"
#include "shim/host/next.h"
#include "shim/make/invoke.h"
#include "shim/make/mode.h"
#include "shim/make/rights.h"

namespace cloexec {
namespace {

bool is_without_how(const open_how* how, std::size_t size) { return how == nullptr || size < sizeof(open_how); }

ForcedMode mode_of(const Attempt& attempt) {
  return force_mode(attempt.recipe.way, from_word<const char*>(attempt.words[attempt.recipe.place]));
}

}  // namespace

bool makes_none(const Attempt& attempt) {
  const Word* const words = attempt.arguments();
  const auto number = [&](unsigned place) { return static_cast<int>(words[place]); };
  switch (attempt.recipe.call) {
    case Call::dup2:
    case Call::__dup2:
      return number(0) == number(1) || is_exempt(number(1));
    case Call::dup3:
      return is_exempt(number(1));
    case Call::fcntl:
    case Call::fcntl64:
    case Call::__fcntl:
    case Call::__fcntl_time64:
      return number(1) != F_DUPFD;
    case Call::ioctl:
    case Call::__ioctl_time64:
      return static_cast<unsigned>(number(1)) != TIOCGPTPEER;
    case Call::signalfd:  // on an existing descriptor it changes the mask: signalfd(2)
      return number(0) != -1;
    case Call::accept:
    case Call::accept4:
      return next_gnu_get_libc_version.is_absent() &&
             is_bad_length(from_word<const void*>(words[1]), from_word<const unsigned*>(words[2]));
    case Call::openat2:
      return is_without_how(from_word<const open_how*>(words[2]), static_cast<std::size_t>(words[3]));
    default:
      return brings_rights(attempt.recipe.outcome) && !has_room_for_rights(attempt);
  }
}

bool is_asked_for(const Attempt& attempt) {
  const Recipe& recipe = attempt.recipe;
  switch (recipe.way) {
    case Way::flag:
      return (attempt.words[recipe.place] & static_cast<Word>(recipe.value)) != 0;
    case Way::open_how:
      return (from_word<const open_how*>(attempt.words[recipe.place])->flags & O_CLOEXEC) != 0;
    case Way::fopen_mode:
    case Way::popen_mode:
      return mode_of(attempt).is_asked_for();
    case Way::word:
    case Way::creat:
    case Way::tmpfile:
    case Way::openpty:
      return false;
  }
  __builtin_unreachable();
}

bool has_no_atomic_form(const Attempt& attempt) {
  const Word* const words = attempt.arguments();
  switch (attempt.recipe.call) {
    case Call::epoll_create:  // wants a size above 0; epoll_create1 has none to check, and musl takes any
      return static_cast<int>(words[0]) <= 0;
    case Call::dup3:  // glibc and the kernel refuse flags that they do not know, musl 1.2.3 does not look at them
      return (words[2] & ~O_CLOEXEC) != 0;
    case Call::openat2:
      return static_cast<std::size_t>(words[3]) > largest_how;
    default:
      break;
  }
  const bool has_mode = attempt.recipe.way == Way::fopen_mode || attempt.recipe.way == Way::popen_mode;
  return has_mode && mode_of(attempt).has_no_room;
}

}  // namespace cloexec
