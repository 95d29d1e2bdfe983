// SPDX-License-Identifier: Apache-2.0
//
// The way every descriptor is made: by the atomic form of the call where that works, else by the plain form with the
// flag set right afterwards; and never close-on-exec on an exempt number, wherever it comes from.
#pragma once

#include <cerrno>

#include "shim/descriptor.h"
#include "shim/forced.h"
#include "shim/method/result.h"
#include "shim/method/site.h"
#include "shim/settings.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// When the plain form is tried after the atomic one has failed.
enum class Retry : std::uint8_t {
  never,                  // the call has done something when it fails
  if_refused_or_invalid,  // ENOSYS, EPERM: a sandbox. EINVAL: a kernel that does not know the flag
  while_unsettled,        // ENOSYS, EPERM, until the form has worked: then its errors are taken for the call's own. Not
                          // EINVAL: O_CLOEXEC is ignored where it is not known, and the file may be there when that
                          // comes (O_DIRECT)
  if_accept4_is_refused,  // the same, but accept4 can fail when it has taken the connection: never a second accept then
};

/// What the slow paths must know of a call. It is small enough for two registers.
struct Attempt {
  Call call;
  Retry retry;
  Shape::Kind kind;
  Symbol function;  // that makes the atomic form of a call that can be settled
  const int* ends;

  constexpr Attempt(Call made, Shape shape, Retry when, Symbol settled_by = Symbol::end)
      : call(made), retry(when), kind(shape.kind), function(settled_by), ends(shape.ends) {}
  constexpr Shape shape() const { return {kind, ends}; }
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

/// What the flag of a descriptor that was made by the atomic form tells of that form.
Ability look_at(int fd);

/// Settles the call if its atomic form, which `function` makes, is known to work and no rule has a say.
void settle_if_known(Call call, Symbol function);

/// How a descriptor came out of a call.
enum class Made : std::uint8_t {
  forced,  // the shim has made it close-on-exec
  marked,  // the program has
  left,    // inheritable
};

/// Notes what was made.
void note_made(const Site& site, int fd, Made made);

/// Notes that the program, libc or the kernel has set or cleared the flag.
void note_flag(int fd, bool is_inheritable);

/// Makes `fd`, which was made without the flag, close-on-exec unless it is to stay inheritable.
void force_afterwards(const Site& site, int fd);

/// Makes `fd`, which was made with the flag, inheritable if it is to be.
void release_exempt(const Site& site, int fd);

/// Makes the plain form and sets the flag afterwards.
Word make_plainly(const Site& site, Shape shape, Forms forms);

/// Makes the call just as the program wrote it: the flag is the program's own business.
Word make_as_asked(const Site& site, Shape shape, Made made, Forms forms);

/// Makes descriptors that are to be close-on-exec, whatever is known of the call: left alone, for rules to decide, made
/// for the first time, or known to lack the atomic form. `forms(atomic)` and `forms(plain)` are called at most once
/// each. `caller` and `detail` are the site's.
Word make(Attempt attempt, const void* caller, std::intptr_t detail, Forms forms);

/// Ends a settled call whose atomic form failed or landed on what may be an exempt number.
Word settle(Attempt attempt, Forms forms, Word result);

/// The same when an error is taken for the call's own.
Word settle(Call call, Shape shape, Word result);

/// Makes them in little code.
[[gnu::always_inline]] inline auto make(Site site, Shape shape, Retry retry, auto forms) {
  return from_word<decltype(forms(plain))>(make({site.call, shape, retry}, site.caller, site.detail, Forms(forms)));
}

/// Whether descriptor `fd` cannot be exempt and has a place in the table of the forced ones.
[[gnu::always_inline]] inline bool is_plain(int fd) { return static_cast<unsigned>(fd) - first_plain < plain_span; }

/// Note what a settled call made; false when it made nothing, or what needs another look.
[[gnu::always_inline]] inline bool note_plain(Kind kind, int fd) {
  if (!is_plain(fd)) [[unlikely]]
    return false;
  forced_table[static_cast<unsigned>(fd)] = epoch | static_cast<Stamp>(kind);
  return true;
}

[[gnu::always_inline]] inline bool note_plain(Kind kind, int result, const int* ends) {
  if (result < 0) [[unlikely]]
    return false;
  const auto first = static_cast<unsigned>(ends[0]);
  const auto second = static_cast<unsigned>(ends[1]);
  if (((first - first_plain) | (second - first_plain)) >= plain_span) [[unlikely]]
    return false;
  forced_table[first] = forced_table[second] = epoch | static_cast<Stamp>(kind);
  return true;
}

}  // namespace cloexec
