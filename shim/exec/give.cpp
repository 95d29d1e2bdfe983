// SPDX-License-Identifier: Apache-2.0

#include "shim/exec/give.h"

#include <sys/stat.h>

#include <csignal>
#include <cstring>

#include "shim/decide/rules.h"
#include "shim/decide/settings.h"
#include "shim/decide/verdict.h"
#include "shim/exec/search.h"
#include "shim/host/descriptor.h"
#include "shim/process/borrowed.h"
#include "shim/process/gate.h"
#include "shim/process/phase.h"
#include "shim/process/threads.h"
#include "shim/record/recorder.h"

namespace cloexec {
namespace {

/// What the rules say of what this process claims, asked once where no rule looks at a number or at an object.
class Verdicts {
 public:
  Verdicts(const Start& about, Told& told) : about_(about), told_(told) {
    for (const RuleSet& set : rule_sets())
      for (const Rule& rule : set.rules)
        if (rule.calls.contains(about.call) && !rule.keys.has_none_but(alike)) varies_ = true;
  }

  Decision on(int fd, bool is_own) {
    if (varies_) return ask(fd, is_own);
    Known& known = known_[is_own ? 1 : 0];
    // The new program's words are read only if a rule comes so far as to ask.
    if (known.is_asked && !known.is_by_word) return known.decisions[0];
    if (known.is_asked && known.are_known[told_.tells(fd) ? 1 : 0]) return known.decisions[told_.tells(fd) ? 1 : 0];
    told_.has_answered = false;
    const Decision decision = ask(fd, is_own);
    known.is_asked = true;
    known.is_by_word = told_.has_answered;
    const unsigned place = known.is_by_word && told_.tells(fd) ? 1 : 0;
    known.are_known[place] = true;
    known.decisions[place] = decision;
    return decision;
  }

 private:
  /// Keys that do not tell one descriptor from another, but for what is known apart: whether it is own, or told.
  static constexpr KeySet alike = {Key::when, Key::own, Key::target, Key::announced, Key::program, Key::module};

  struct Known {
    bool is_asked = false;
    bool is_by_word = false;
    bool are_known[2] = {};  // by whether the number is told
    Decision decisions[2] = {};
  };

  Decision ask(int fd, bool is_own) const {
    return ask_rules({about_.call, about_.caller, fd, nullptr, &about_, &told_, is_own});
  }

  const Start& about_;
  Told& told_;
  bool varies_ = false;
  Known known_[2];
};

/// Calls visit(fd, stamp, decision) for every descriptor that a rule gives.
void each_gift(const Start& about, Told& told, auto visit) {
  const auto end = static_cast<int>(forced_end);
  int fd = next_forced(0);
  if (fd >= end) return;
  Claims claims;
  Verdicts verdicts(about, told);
  for (; fd < end; fd = next_forced(fd + 1)) {
    const Stamp stamp = stamp_of(fd);
    if (!claims.are_proved_by(fd, stamp)) continue;
    const Decision decision = verdicts.on(fd, !is_spawn(about.call) && claims.are_own(fd, stamp));
    if (decision.verdict == Verdict::exempt) visit(fd, stamp, decision);
  }
}

/// Whether an object of type `mode` (inode(7)) can have been made by a call of that kind. Anonymous ones have no type.
bool is_like(Kind kind, mode_t mode) {
  switch (kind) {
    case Kind::opened:
      return (mode & S_IFMT) != 0 && !S_ISSOCK(mode);
    case Kind::socket:
      return S_ISSOCK(mode);
    case Kind::pipe:
      return S_ISFIFO(mode);
    case Kind::anonymous:
      return (mode & S_IFMT) == 0;
    default:
      return true;
  }
}

/// A pipe that pipe(2) has made lies on no disk and has no other name (/proc/self/fd): "pipe:[N]".
bool is_nameless_pipe(Told& told, int fd, mode_t mode) {
  return S_ISFIFO(mode) && told.object(fd).starts_with("pipe:[");
}

bool is_what_was_forced(Told& told, int fd, Stamp stamp) {
  Machine::Status status{};
  const auto kind = static_cast<Kind>(stamp & kind_bits);
  return raw_syscall(fstat_number, fd, reinterpret_cast<long>(&status)) == 0 && is_like(kind, status.st_mode) &&
         !(kind == Kind::opened && is_nameless_pipe(told, fd, status.st_mode)) && close_on_exec_flag(fd) == Flag::set;
}

/// Clears the flag. Should another thread close the number meanwhile, it may have got another's: then it is set again,
/// unless the program has cleared it for good.
void give(Told& told, int fd, Stamp stamp) {
  if (!is_what_was_forced(told, fd, stamp) || !change_entry(fd, stamp, stamp | is_given)) return;
  set_close_on_exec(fd, false);
  if (const Stamp entry = entry_of(fd); entry != (stamp | is_given) && entry != noted_cleared)
    set_close_on_exec(fd, true);
}

bool may_give(const Start& about) {
  return is_enforcing() && !are_descriptors_shared() && plan_of(about.call) != Plan::force &&
         next_forced(0) < static_cast<int>(forced_end);
}

bool has_gift(const Start& about, Told& told) {
  bool has_one = false;
  each_gift(about, told, [&](int, Stamp, const Decision&) { has_one = true; });
  return has_one && !Claims::are_anothers();
}

/// What was stamped from now on did not yet lie there when the rules were asked.
void give_all(const Start& about, Told& told) {
  const Stamp since = begin_epoch();
  each_gift(about, told, [&](int fd, Stamp stamp, const Decision&) {
    if (stamp < since) give(told, fd, stamp);
  });
}

void record_all(const Start& about, Told& told) {
  each_gift(about, told,
            [&](int fd, Stamp, const Decision& decision) { record_given(fd, decision, told.word_for(fd)); });
}

/// A handler that starts a process takes back what it finds: then it is given again; but not for ever, where handlers
/// come all the time.
void give_here(const Start& about, Told& told) {
  constexpr int most_times = 3;
  for (int times = 0; times < most_times; ++times) {
    begin_giving();
    give_all(about, told);
    if (is_giving()) return;
  }
  take_back();
}

/// Tells an audit that only watches what would be given.
void record_gifts(const Start& about) {
  Told told(about);
  if (!are_descriptors_shared() && has_gift(about, told)) record_all(about, told);
}

/// sigprocmask(2).
void change_mask(const SignalMask* to, SignalMask* before) {
  raw_syscall(__NR_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(to), reinterpret_cast<long>(before), sizeof *to);
}

}  // namespace

Gift::Gift(const Start& about) {
  if (is_recording() && !is_enforcing()) record_gifts(about);
  if (may_give(about)) give_what_is_its(about);
  is_counted_ = !is_given_ && !is_vfork_child();
  if (is_counted_) begin_start();
}

Gift::~Gift() {
  if (is_counted_) end_start();
  if (!is_given_) return;
  take_back();
  end_giving();
  if (are_blocked_) change_mask(&mask_, nullptr);
}

void Gift::give_what_is_its(const Start& about) {
  // The dearest question comes last: an exec that fails, of a command sought along PATH, costs no more than a look.
  if (!is_there(about)) return;
  Told told(about);
  if (!has_gift(about, told)) return;
  if (is_recording()) record_all(about, told);
  // No handler comes between a gift and its end; but a program that takes our place has this thread's mask.
  are_blocked_ = is_spawn(about.call);
  if (are_blocked_) {
    SignalMask all;
    std::memset(&all, 0xff, sizeof all);
    change_mask(&all, &mask_);
  }
  give_here(about, told);
  is_given_ = true;
}

}  // namespace cloexec
