// SPDX-License-Identifier: Apache-2.0

#include "shim/method/make.h"

#include "shim/borrowed.h"
#include "shim/catalogue.h"
#include "shim/find_next.h"
#include "shim/recorder.h"
#include "shim/verdict.h"

namespace cloexec {
namespace {

/// Asks without a connection to take. accept4(2) looks at its flags first, then at the descriptor.
bool is_accept4_refused() {
  const int error_before = errno;
  next_accept4(-1, nullptr, nullptr, SOCK_CLOEXEC);
  const bool is_refused = errno != EBADF;
  errno = error_before;
  return is_refused;
}

/// Whether `error` may be that of the atomic form, of which `known` was known.
bool is_refusal(int error, Retry retry, Ability known) {
  if (retry == Retry::never || (error != ENOSYS && error != EPERM && error != EINVAL)) return false;
  if (retry == Retry::while_unsettled && (known == Ability::works || error == EINVAL)) return false;
  return retry != Retry::if_accept4_is_refused || error == ENOSYS || is_accept4_refused();
}

/// A preload below us that wraps dup2, say, but has never heard of dup3 would lose sight of the descriptor
/// (socket_wrapper does): it gets the call that it knows.
bool must_stay_plain(Call call) {
  return ability_of(call) == Ability::unknown && method_of(call) == Method::substitute &&
         is_wrapped_below(name_of(call).data());
}

bool has_failed(Shape shape, Word result) { return lowest_descriptor(shape, result) < 0; }

/// Calls visit(site, fd) for every descriptor of a call that did not fail.
void each_descriptor(const Site& site, Shape shape, Word result, void (*visit)(const Site&, int)) {
  if (shape.kind != Shape::Kind::pair) return visit(site, lowest_descriptor(shape, result));
  visit(site, shape.ends[0]);
  visit(site, shape.ends[1]);
}

/// A settled call: no rule has a say.
void settle_descriptor(const Site& site, int fd) {
  if (is_exempt(fd))
    set_close_on_exec(fd, false);
  else
    note_forced(fd, kind_of(site.call));
}

void note_marked(const Site& site, int fd) { note_made(site, fd, Made::marked); }

void note_left(const Site& site, int fd) { note_made(site, fd, Made::left); }

}  // namespace

Ability look_at(int fd) {
  switch (close_on_exec_flag(fd)) {
    case Flag::set:
      return Ability::works;
    case Flag::clear:
      return Ability::missing;
    default:
      return Ability::unknown;
  }
}

void settle_if_known(Call call, Symbol function) {
  void* const found = slots[static_cast<unsigned>(function)];
  // What this libc lacks is made by its number.
  if (found != reinterpret_cast<void*>(absent_number) && ability_of(call) == Ability::works &&
      known_plan(call) == Plan::force && !is_vfork_child() && !is_recording()) {
    settle(call, found);
    if (has_switched(true)) settle(call, nullptr);
  }
}

void note_made(const Site& site, int fd, Made made) {
  if (made == Made::forced)
    note_forced(fd, kind_of(site.call));
  else
    forget_forced(fd);
  if (is_recording()) record_made(site, fd, made == Made::left);
}

void note_flag(int fd, bool is_inheritable) {
  forget_forced(fd);
  if (is_recording()) record_flag(static_cast<unsigned>(fd), static_cast<unsigned>(fd), is_inheritable);
}

void force_afterwards(const Site& site, int fd) {
  const bool stays = stays_inheritable(site, fd);
  if (!stays) set_close_on_exec(fd, true);
  note_made(site, fd, stays ? Made::left : Made::forced);
}

void release_exempt(const Site& site, int fd) {
  const bool stays = stays_inheritable(site, fd);
  if (stays) set_close_on_exec(fd, false);
  note_made(site, fd, stays ? Made::left : Made::forced);
}

Word make_as_asked(const Site& site, Shape shape, Made made, Forms forms) {
  const Word result = forms(plain);
  if (!has_failed(shape, result)) each_descriptor(site, shape, result, made == Made::marked ? note_marked : note_left);
  return result;
}

Word make_plainly(const Site& site, Shape shape, Forms forms) {
  const Word result = forms(plain);
  if (!has_failed(shape, result)) each_descriptor(site, shape, result, force_afterwards);
  return result;
}

Word make(Attempt attempt, const void* caller, std::intptr_t detail, Forms forms) {
  const Shape shape = attempt.shape();
  const Site site{attempt.call, caller, detail};
  if (verdict_on(site) == Verdict::exempt) return make_as_asked(site, shape, Made::left, forms);
  if (must_stay_plain(site.call)) remember(site.call, Ability::missing);
  const Ability known = ability_of(site.call);
  if (known == Ability::missing) return make_plainly(site, shape, forms);
  // Success leaves errno alone, although the first form may have failed on the way.
  const int error_before = errno;
  Word result = forms(atomic);
  if (has_failed(shape, result)) {
    if (!is_refusal(errno, attempt.retry, known)) return result;
    result = make_plainly(site, shape, forms);
    if (has_failed(shape, result)) return result;
    remember(site.call, Ability::missing);
    errno = error_before;
    return result;
  }
  if (known == Ability::unknown) remember(site.call, look_at(lowest_descriptor(shape, result)));
  const bool is_ignored = ability_of(site.call) == Ability::missing;
  if (attempt.function != Symbol::end) settle_if_known(site.call, attempt.function);
  each_descriptor(site, shape, result, is_ignored ? force_afterwards : release_exempt);
  return result;
}

Word settle(Call call, Shape shape, Word result) {
  if (!has_failed(shape, result)) each_descriptor({call, nullptr}, shape, result, settle_descriptor);
  return result;
}

Word settle(Attempt attempt, Forms forms, Word result) {
  const Shape shape = attempt.shape();
  // The error may be the call's own, so the plain form decides.
  if (!has_failed(shape, result) || !is_refusal(errno, attempt.retry, Ability::works))
    return settle(attempt.call, shape, result);
  // No rule has a say: where the call came from does not matter.
  const Word second = make_plainly({attempt.call, nullptr}, shape, forms);
  if (!has_failed(shape, second)) {
    remember(attempt.call, Ability::missing);
    settle(attempt.call, nullptr);
  }
  return second;
}

}  // namespace cloexec
