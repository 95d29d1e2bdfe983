// SPDX-License-Identifier: Apache-2.0

#include "shim/method/make.h"

#include "shim/catalogue.h"
#include "shim/find_next.h"

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

bool is_refusal(int error, Retry retry) {
  if (retry == Retry::never || (error != ENOSYS && error != EPERM && error != EINVAL)) return false;
  return retry != Retry::if_accept4_is_refused || error == ENOSYS || is_accept4_refused();
}

/// A preload below us that wraps dup2, say, but has never heard of dup3 would lose sight of the descriptor
/// (socket_wrapper does): it gets the call that it knows.
bool must_stay_plain(Call call) {
  return state_of(call).ability == Ability::unknown && method_of(call) == Method::substitute &&
         is_wrapped_below(name_of(call).data());
}

bool has_failed(Shape shape, Word result) { return lowest_descriptor(shape, result) < 0; }

/// Calls visit(fd) for every descriptor of a call that did not fail.
void each_descriptor(Shape shape, Word result, void (*visit)(int)) {
  if (shape.kind != Shape::Kind::pair) return visit(lowest_descriptor(shape, result));
  visit(shape.ends[0]);
  visit(shape.ends[1]);
}

}  // namespace

void force_afterwards(int fd) {
  if (!is_exempt(fd)) set_close_on_exec(fd, true);
}

void release_exempt(int fd) {
  if (is_exempt(fd)) set_close_on_exec(fd, false);
}

Word make_as_asked(Forms forms) { return forms(plain); }

Word make_plainly(Shape shape, Forms forms) {
  const Word result = forms(plain);
  if (!has_failed(shape, result)) each_descriptor(shape, result, force_afterwards);
  return result;
}

Word make_slowly(Call call, Shape shape, Retry retry, Forms forms) {
  if (!forces(call)) return forms(plain);
  if (must_stay_plain(call)) remember(call, Ability::missing);
  if (state_of(call).ability == Ability::missing) return make_plainly(shape, forms);
  // Success leaves errno alone, although the first form may have failed on the way.
  const int error_before = errno;
  Word result = forms(atomic);
  if (has_failed(shape, result)) {
    result = settle(call, shape, retry, forms, result);
    if (!has_failed(shape, result)) errno = error_before;
    return result;
  }
  const bool works = is_close_on_exec(lowest_descriptor(shape, result));
  remember(call, works ? Ability::works : Ability::missing);
  each_descriptor(shape, result, works ? release_exempt : force_afterwards);
  return result;
}

Word settle(Shape shape, Word result) {
  if (!has_failed(shape, result)) each_descriptor(shape, result, release_exempt);
  return result;
}

Word settle(Call call, Shape shape, Retry retry, Forms forms, Word result) {
  // The error may be the call's own, so the plain form decides.
  if (!has_failed(shape, result) || !is_refusal(errno, retry)) return settle(shape, result);
  const Word second = make_plainly(shape, forms);
  if (!has_failed(shape, second)) remember(call, Ability::missing);
  return second;
}

}  // namespace cloexec
