// SPDX-License-Identifier: Apache-2.0

#include "supervise/judge.h"

#include <elf.h>
#include <sys/auxv.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "supervise/proc.h"

namespace cloexec::supervise {
namespace {

/// A parent that still runs the program which its child was forked with; 0 when there is none.
pid_t find_witness(const Process& process) {
  if (!process.birth) return 0;
  const std::shared_ptr<Process> parent = process.birth->parent.lock();
  return parent && parent->image == process.image ? living_parent(*process.birth) : 0;
}

/// What rules are asked about; what the shim would know and nobody sees from outside is unknown.
struct Facts {
  int fd;
  std::string link;
  bool is_own;
  bool is_child;
  std::function<bool()> is_announced;
  std::string_view target;
  const Look* look;      // at the program that execs; null when nobody has it any more
  bool is_exec = false;  // about the exec; else about who made the descriptor

  Answer is_by(const CallSet& calls) const { return is_exec ? is_started_by(calls) : is_made_by(calls, link); }

  Answer matches(const Rule& rule, std::string_view text, Key key) const {
    const std::string_view value = rule.value(key).of(text);
    const auto yes_if = [](bool is_so) { return is_so ? Answer::yes : Answer::no; };
    switch (key) {
      case Key::when:
        return is_exec ? yes_if((rule.when == When::child) == is_child) : Answer::unknown;
      case Key::own:
        return yes_if(is_own);
      case Key::fd:
        return yes_if(lists_number(value, fd));
      case Key::target:
        return yes_if(matches_program(value, target));
      case Key::announced:
        return yes_if(is_announced());
      case Key::program:
        return is_for_program(rule, text);
      case Key::path:
        return yes_if(matches_glob(value, link));
      case Key::module:
        return is_by_module(value);
    }
    return Answer::no;
  }

  Answer is_for_program(const Rule& rule, std::string_view text) const {
    if (look == nullptr) return Answer::unknown;
    const std::vector<std::string_view> views(look->names.begin(), look->names.end());
    return concerns(rule, text, views) ? Answer::yes : Answer::no;
  }

  /// A static program has no other module than itself.
  Answer is_by_module(std::string_view glob) const {
    if (look == nullptr) return Answer::unknown;
    const auto matches = [=](const std::string& module) { return matches_glob(glob, module); };
    const bool is_one = std::any_of(look->modules.begin(), look->modules.end(), matches);
    return !is_one ? Answer::no : look->modules.size() == 1 ? Answer::yes : Answer::unknown;
  }
};

}  // namespace

Judge::Judge(const Rules& rules, const Process& process, Program& program, const Descriptors& descriptors)
    : rules_(rules),
      process_(process),
      program_(program),
      descriptors_(descriptors),
      origins_(process, descriptors),
      witness_(find_witness(process)) {}

const Look* Judge::look() {
  std::optional<Look>& look = process_.image->look;
  if (!look && witness_ != 0) look = look_at(witness_);
  return look ? &*look : nullptr;
}

/// What the shim has not made close-on-exec it was told not to: by a rule, or by the program, which cleared the flag.
bool Judge::is_shims_business() {
  const Look* const seen = rules_.trusts_shim ? look() : nullptr;
  return seen != nullptr && seen->has_shim();
}

const std::string& Judge::environment_before() {
  if (!environment_before_) environment_before_ = witness_ != 0 ? read_in_proc(witness_, "environ") : std::string();
  return *environment_before_;
}

/// As it has reached the program that execs, where that was observed.
Crossing Judge::arrived(Crossing crossing) const {
  const std::vector<Crossing>& known = process_.image->crossings;
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Crossing& one) { return one.fd == crossing.fd; });
  crossing.reason = Reason::arrived;
  if (found != known.end())
    std::tie(crossing.reason, crossing.set, crossing.rule) = std::tie(found->reason, found->set, found->rule);
  crossing.is_older = true;
  return crossing;
}

Crossing Judge::judge(int fd) {
  Crossing crossing;
  crossing.fd = fd;
  const auto because = [&](Reason reason) {
    crossing.reason = reason;
    return crossing;
  };
  crossing.link = descriptors_.link(fd);
  if (rules_.allowed.contains(fd)) return because(Reason::allowed);
  const Origin origin = origins_.of(fd);
  // The kernel has opened that for the interpreter of binfmt_misc (getauxval(3)).
  const bool is_of_kernel = origin == Origin::own && program_.auxiliary().get(AT_EXECFD) == static_cast<Word>(fd);
  if (origin == Origin::arrived) return arrived(std::move(crossing));
  if (is_of_kernel) return because(Reason::arrived);
  if (origin == Origin::cleared) return because(Reason::cleared);
  if (is_shims_business()) return because(Reason::shimmed);
  Facts facts{fd,
              crossing.link,
              origin == Origin::own,
              process_.birth != nullptr,
              [&] { return program_.is_told(fd, environment_before()); },
              program_.target(),
              look()};
  for (const bool is_exec : {false, true}) {
    facts.is_exec = is_exec;
    const Decision decision = decide_unseen(rules_.sets, facts);
    if (decision.verdict != Verdict::exempt) continue;
    crossing.set = decision.set;
    crossing.rule = decision.rule;
    return because(Reason::exempt);
  }
  return because(Reason::leaked);
}

}  // namespace cloexec::supervise
