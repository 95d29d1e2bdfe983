// SPDX-License-Identifier: Apache-2.0

#include "supervise/judge.h"

#include <elf.h>
#include <sys/auxv.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "supervise/facts.h"
#include "trace/proc.h"

namespace cloexec::supervise {
namespace {

/// A parent that still runs the program which its child was forked with; 0 when there is none.
pid_t find_witness(const Process& process) {
  if (!process.birth) return 0;
  const std::shared_ptr<Process> parent = process.birth->parent.lock();
  return parent && parent->image == process.image ? living_parent(*process.birth) : 0;
}

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
  if (const Decision decision = find_exemption(rules_.sets, facts); decision.verdict == Verdict::exempt) {
    crossing.set = decision.set;
    crossing.rule = decision.rule;
    return because(Reason::exempt);
  }
  return because(Reason::leaked);
}

}  // namespace cloexec::supervise
