// SPDX-License-Identifier: Apache-2.0

#include "shim/release.h"

#include <sys/stat.h>

#include <csignal>

#include "shim/descriptor.h"
#include "shim/gate.h"
#include "shim/phase.h"
#include "shim/recorder.h"
#include "shim/rules.h"
#include "shim/search.h"
#include "shim/settings.h"
#include "shim/verdict.h"

namespace cloexec {
namespace {

constinit bool is_shared = false;

/// What the rules say of what this process claims, asked once where no rule looks at a number or at an object.
class Verdicts {
 public:
  Verdicts(const Start& about, Told& told) : about_(about), told_(told) {
    for (const RuleSet& set : rule_sets())
      for (const Rule& rule : set.rules)
        if (rule.calls.contains(about.call) && (rule.has(Key::fd) || rule.has(Key::path))) varies_ = true;
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
  struct stat64 status {};
  const auto kind = static_cast<Kind>(stamp & kind_bits);
  return raw_syscall(fstat_number, fd, reinterpret_cast<long>(&status)) == 0 && is_like(kind, status.st_mode) &&
         !(kind == Kind::opened && is_nameless_pipe(told, fd, status.st_mode)) && close_on_exec_flag(fd) == Flag::set;
}

/// Clears the flag. Should another thread close the number meanwhile, it may have got another's: then it is set again.
void give(Told& told, int fd, Stamp stamp) {
  if (!is_what_was_forced(told, fd, stamp) || !change_stamp(fd, stamp, stamp | is_given)) return;
  set_close_on_exec(fd, false);
  if (stamp_of(fd) != (stamp | is_given)) set_close_on_exec(fd, true);
}

bool may_give(const Start& about) {
  return is_enforcing() && !is_shared && plan_of(about.call) != Plan::force &&
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

Word start_giving_nothing(Starter start) {
  const Starting starting;
  return start(nullptr);
}

/// No handler comes between a gift and its end: sigprocmask(2).
class BlockedSignals {
 public:
  BlockedSignals() { change(&all, &before_); }
  ~BlockedSignals() { change(&before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  const std::uint64_t* before() const { return &before_; }

 private:
  static constexpr std::uint64_t all = ~std::uint64_t{0};

  static void change(const std::uint64_t* to, std::uint64_t* before) {
    raw_syscall(__NR_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(to), reinterpret_cast<long>(before),
                sizeof *to);
  }

  std::uint64_t before_ = 0;
};

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

Word finish(Word result) {
  take_back();
  end_giving();
  return result;
}

/// The child's mask is said apart.
Word spawn_giving(const Start& about, Told& told, Starter start) {
  const BlockedSignals blocked;
  give_here(about, told);
  return finish(start(blocked.before()));
}

/// Apart, for it takes room on the stack: that of a signal handler, perhaps.
[[gnu::noinline]] Word start_giving(const Start& about, Starter start) {
  // The dearest question comes last: an exec that fails, of a command sought along PATH, costs no more than a look.
  if (!is_there(about)) return start_giving_nothing(start);
  Told told(about);
  if (!has_gift(about, told)) return start_giving_nothing(start);
  if (is_recording()) record_all(about, told);
  if (is_spawn(about.call)) return spawn_giving(about, told, start);
  // The new program has this thread's mask: handlers may come.
  give_here(about, told);
  return finish(start(nullptr));
}

}  // namespace

void stop_giving() { is_shared = true; }

void record_gifts(const Start& about) {
  Told told(about);
  if (!is_shared && has_gift(about, told)) record_all(about, told);
}

Word start_program(const Start& about, Starter start) {
  return may_give(about) ? start_giving(about, start) : start_giving_nothing(start);
}

}  // namespace cloexec
