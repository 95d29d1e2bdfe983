// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/verdict.h"

#include "shim/decide/facts.h"
#include "shim/decide/rules.h"
#include "shim/decide/settings.h"
#include "shim/process/borrowed.h"
#include "shim/process/phase.h"

namespace cloexec {
namespace {

Verdict ask_about(const Site& site, int fd) { return ask_rules({site.call, site.caller, fd, site.path()}).verdict; }

/// Whether a rule's `when` can be answered once for all calls of this kind, but for those of vfork children.
bool is_when_settled(Call call) {
  if (is_spawn(call) || is_phase_settled()) return true;
  return !shares_memory() && family_of(call) != Family::exec;
}

bool can_match(const Rule& rule, Call call) {
  if (!rule.calls.contains(call) || (rule.has(Key::path) && !has_path(call))) return false;
  return !rule.has(Key::when) || !is_when_settled(call) || (rule.when == When::child) == (is_spawn(call) || is_child());
}

bool must_match(const Rule& rule, Call call) {
  if (rule.has(Key::when) && !is_when_settled(call)) return false;
  return rule.keys.has_none_but({Key::when, Key::program});
}

/// What the rules say of every call of this kind; `ask` when that differs from call to call.
Plan fold_rules(Call call) {
  bool some_force = false;
  bool some_exempt = false;
  for (const RuleSet& set : rule_sets())
    for (const Rule& rule : set.rules) {
      if (!can_match(rule, call)) continue;
      (rule.action == Action::exempt ? some_exempt : some_force) = true;
      if (must_match(rule, call)) return some_exempt && some_force ? Plan::ask : some_exempt ? Plan::pass : Plan::force;
    }
  return some_exempt ? Plan::ask : Plan::force;
}

/// A vfork child has its parent's plans.
bool must_ask(Plan plan) { return is_enforcing() && (plan == Plan::ask || is_vfork_child()); }

}  // namespace

Plan make_plan(Call call) {
  if (!read_settings_if_possible()) return Plan::force;
  const bool enforces = is_enforcing();
  const Plan plan = enforces ? fold_rules(call) : Plan::pass;
  // A vfork child must not plan for its parent.
  if (is_vfork_child()) return plan;
  set_plan(call, plan);
  if (has_switched(enforces)) set_plan(call, Plan::unread);
  return plan;
}

Verdict verdict_on(const Site& site) {
  const Plan plan = plan_of(site.call);
  if (must_ask(plan)) return ask_about(site, site.number());
  return plan == Plan::pass ? Verdict::exempt : Verdict::force;
}

bool stays_inheritable(const Site& site, int fd) {
  const Plan plan = plan_of(site.call);
  return is_exempt(fd) || (must_ask(plan) ? ask_about(site, fd) == Verdict::exempt : plan == Plan::pass);
}

}  // namespace cloexec
