// SPDX-License-Identifier: Apache-2.0

#include "shim/make/make.h"

#include <cerrno>

#include "shim/decide/plan.h"
#include "shim/decide/settings.h"
#include "shim/decide/verdict.h"
#include "shim/host/find_next.h"
#include "shim/host/next.h"
#include "shim/make/ability.h"
#include "shim/make/change.h"
#include "shim/make/force.h"
#include "shim/make/invoke.h"
#include "shim/make/note.h"
#include "shim/make/outcome.h"
#include "shim/make/rights.h"
#include "shim/make/settled.h"
#include "shim/make/template.h"
#include "shim/process/borrowed.h"
#include "shim/record/recorder.h"

namespace cloexec {

constinit Ability abilities[call_count] = {};

namespace {

/// Whether a preload below us wraps this function, so that another one in its place would bypass it: one that wraps
/// dup2, say, but has never heard of dup3, would lose sight of the descriptor (socket_wrapper).
bool must_keep_its_name(const Recipe& recipe) {
  const bool is_another = recipe.way == Way::word || recipe.way == Way::creat;
  return is_another && ability_of(recipe.call) == Ability::unknown && is_wrapped_below(name_of(recipe.call).data());
}

/// Makes the call as the program wrote it, and calls visit(site, fd) for what it made.
Word make_plainly(const Attempt& attempt, void (*visit)(const Site&, int)) {
  const Word result = invoke(attempt, Form::plain);
  if (!has_failed(attempt, result)) each_descriptor(attempt, result, visit);
  return result;
}

Word make_marked(const Attempt& attempt) {
  // What lies at the number that dup3 is told is gone before anybody can look.
  const Replaced replaced(attempt.site().number(), noted_marking);
  const Word result = make_plainly(attempt, note_marked);
  if (has_failed(attempt, result)) replaced.put_back();
  return result;
}

/// Asks without a connection to take. accept4(2) looks at its flags first, then at the descriptor.
bool is_accept4_refused() {
  const int error_before = errno;
  next_accept4(-1, nullptr, nullptr, SOCK_CLOEXEC);
  const bool is_refused = errno != EBADF;
  errno = error_before;
  return is_refused;
}

/// Whether errno may be that of the atomic form and not the call's own.
bool is_refused(const Attempt& attempt) {
  const bool is_sandbox = errno == ENOSYS || errno == EPERM;
  switch (attempt.recipe.retry) {
    case Retry::if_refused_or_invalid:
      return is_sandbox || errno == EINVAL;
    case Retry::while_unsettled:
      return is_sandbox && ability_of(attempt.recipe.call) != Ability::works;
    case Retry::if_accept4_is_refused:
      return errno == ENOSYS || ((errno == EPERM || errno == EINVAL) && is_accept4_refused());
    case Retry::if_family_refuses:
      return is_sandbox || ((errno == EINVAL || errno == EOPNOTSUPP) && does_family_refuse(attempt));
    case Retry::never:
      return false;
  }
  __builtin_unreachable();
}

/// What a refusal teaches when the plain form has worked. Of a socket's family it says nothing about others.
void learn_refusal(const Attempt& attempt) {
  if (attempt.recipe.retry == Retry::if_family_refuses) return;
  remember(attempt.recipe.call, Ability::missing);
  settle(attempt.recipe.call, nullptr);
}

/// Settles the call if its atomic form is known to work and no rule has a say.
void settle_if_known(const Attempt& attempt) {
  const Recipe& recipe = attempt.recipe;
  if (attempt.is_by_number || !can_settle(recipe)) return;
  void* const function = slots[static_cast<unsigned>(symbol_of(recipe.atomic_call))];
  // What this libc lacks is made by its number.
  if (function == reinterpret_cast<void*>(absent_number) || ability_of(recipe.call) != Ability::works ||
      known_plan(recipe.call) != Plan::force || is_vfork_child() || is_recording())
    return;
  settle(recipe.call, function);
  // The default may have been switched (cloexec.h) between the look at the plan and this store.
  if (has_switched(true)) settle(recipe.call, nullptr);
}

/// `error_before`: errno before the call, for success leaves it alone although the atomic form may have failed.
Word finish(const Attempt& attempt, const Blanks& blanks, Word result, int error_before) {
  if (has_failed(attempt, result)) {
    if (!is_refused(attempt)) return result;
    blanks.restore();
    result = make_plainly(attempt, force_afterwards);
    if (has_failed(attempt, result)) return result;
    learn_refusal(attempt);
    errno = error_before;
    return result;
  }
  if (brings_rights(attempt.recipe.outcome)) hide_flag(attempt, result);
  each_descriptor(attempt, result, confirm_forced);
  settle_if_known(attempt);
  if (is_put_together(attempt.recipe.way)) errno = error_before;
  return result;
}

Word make_forced(const Attempt& attempt) {
  const Call call = attempt.recipe.call;
  if (attempt.must_stay_plain || has_no_atomic_form(attempt)) return make_plainly(attempt, force_afterwards);
  if (must_keep_its_name(attempt.recipe)) remember(call, Ability::missing);
  if (ability_of(call) == Ability::missing) return make_plainly(attempt, force_afterwards);
  const int error_before = errno;
  const Blanks blanks(attempt);
  return finish(attempt, blanks, invoke(attempt, Form::atomic), error_before);
}

/// Not inlined: signal handlers have little stack.
[[gnu::noinline]] Word make_in_full(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller) {
  const Word words[most_words] = {a, b, c, d};
  return make({recipe, caller, words});
}

}  // namespace

Word make(const Attempt& attempt) {
  if (makes_none(attempt)) return make_change(attempt);
  if (is_asked_for(attempt)) return make_marked(attempt);
  if (verdict_on(attempt.site()) == Verdict::exempt) return make_plainly(attempt, note_left);
  const Replaced replaced(attempt.site().number(), 0);
  const Word result = make_forced(attempt);
  if (has_failed(attempt, result)) replaced.put_back();
  return result;
}

Word finish(const Attempt& attempt, Word result) { return finish(attempt, Blanks(attempt), result, errno); }

namespace {

/// The short way of received descriptors.
[[gnu::noinline]] Word receive_settled(Word a, Word b, Word c, const Recipe& recipe, const void* caller,
                                       void* function) {
  const Word words[most_words] = {a, b, c};
  const Attempt attempt{recipe, caller, words};
  if (!has_room_for_rights(attempt)) return invoke(attempt, Form::plain);
  const Word result = make_settled(recipe, function, words);
  if (result < 0) return finish(attempt, result);
  hide_flag(attempt, result);
  each_right(attempt, result, [](const Site& site, int fd) {
    if (!note_settled(kind_of(site.call), fd)) confirm_forced(site, fd);
  });
  return result;
}

}  // namespace

Word make_words(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller) {
  const Word words[] = {a, b, c, d};
  const bool is_message = recipe.outcome == Outcome::rights;
  const bool has_short_way = !recipe.may_make_none && (has_register_path(recipe) || is_message);
  void* const function = has_short_way ? settled_maker(recipe, words) : nullptr;
  if (function == nullptr) return make_in_full(a, b, c, d, recipe, caller);
  if (is_message) return receive_settled(a, b, c, recipe, caller, function);
  const Word result = make_settled(recipe, function, words);
  return note_settled(recipe, words, result) ? result : finish_words(a, b, c, d, recipe, caller, result);
}

Word finish_words(Word a, Word b, Word c, Word d, const Recipe& recipe, const void* caller, Word result) {
  const Word words[most_words] = {a, b, c, d};
  return finish({recipe, caller, words}, result);
}

}  // namespace cloexec
