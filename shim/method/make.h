// SPDX-License-Identifier: Apache-2.0
//
// The way every descriptor is made: by the atomic form of the call where that works, else by the plain form with the
// flag set right afterwards; and never close-on-exec on an exempt number, wherever it comes from.
#pragma once

#include <cerrno>

#include "shim/descriptor.h"
#include "shim/method/result.h"
#include "shim/settings.h"

namespace cloexec {

/// When the plain form is tried after the atomic one has failed.
enum class Retry : std::uint8_t {
  never,                  // the flag cannot be what is wrong: kernels that do not know O_CLOEXEC ignore it
  if_refused_or_invalid,  // ENOSYS, EPERM: a sandbox. EINVAL: a kernel that does not know the flag
  if_accept4_is_refused,  // the same, but accept4 can fail when it has taken the connection: never a second accept then
};

/// The forms that a call has: the atomic one, and the plain one as the program wrote it.
inline constexpr bool atomic = true;
inline constexpr bool plain = false;

/// Refers to a closure that makes the call in the form that it is told.
class Forms {
 public:
  template <typename Closure>
  explicit Forms(const Closure& closure)
      : closure_(&closure),
        make_([](const void* object, bool form) { return to_word((*static_cast<const Closure*>(object))(form)); }) {}

  Word operator()(bool form) const { return make_(closure_, form); }

 private:
  const void* closure_;
  Word (*make_)(const void*, bool);
};

/// Makes `fd` close-on-exec, unless its number is exempt.
void force_afterwards(int fd);

/// Makes `fd` inheritable if its number is exempt.
void release_exempt(int fd);

/// Makes the plain form and sets the flag afterwards.
Word make_plainly(Shape shape, Forms forms);

/// Makes a call that is not settled: left alone, made for the first time, or known to lack the atomic form.
Word make_slowly(Call call, Shape shape, Retry retry, Forms forms);

/// Ends a call whose atomic form failed or landed on what may be an exempt number.
Word settle(Call call, Shape shape, Retry retry, Forms forms, Word result);

/// The same when no error can come from the flag.
Word settle(Shape shape, Word result);

/// Makes the call just as the program wrote it.
Word make_as_asked(Forms forms);

/// Ends a call whose atomic form gave `result` and usually works; `forms` must be able to make the plain one. The slow
/// path gets a copy: what nobody refers to stays in registers.
template <typename Result>
[[gnu::always_inline]] inline Result make_settled(Call call, Shape shape, Retry retry, Result result, auto forms) {
  if (lowest_descriptor(shape, to_word(result)) > settings.highest_exempt) [[likely]]
    return result;
  if (retry == Retry::never) return from_word<Result>(settle(shape, to_word(result)));
  const auto copy = forms;
  return from_word<Result>(settle(call, shape, retry, Forms(copy), to_word(result)));
}

/// Makes descriptors that are to be close-on-exec. `forms(atomic)` and `forms(plain)` are called at most once each.
[[gnu::always_inline]] inline auto make(Call call, Shape shape, Retry retry, auto forms) {
  if (is_settled(call)) [[likely]]
    return make_settled(call, shape, retry, forms(atomic), forms);
  const auto copy = forms;
  return from_word<decltype(forms(plain))>(make_slowly(call, shape, retry, Forms(copy)));
}

}  // namespace cloexec
