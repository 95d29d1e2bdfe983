// SPDX-License-Identifier: Apache-2.0

#include "cli/supervision/supervision.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <vector>

#include "cli/audit/sighting.h"
#include "cli/doctor/locate.h"
#include "cli/doctor/rights.h"
#include "cli/message.h"
#include "cli/sources.h"
#include "cli/supervision/self_tracing.h"
#include "cli/supervision/witness.h"
#include "supervise/supervisor.h"

namespace cloexec::cli {
namespace {

void begin(const Settings& settings, const Supervision& supervision, bool trusts_shim, supervise::Observer* observer) {
  const Policy policy = read_policy(settings);
  const std::vector<RuleSet> sets = policy.rule_sets();
  const bool closes = !settings.mode || settings.mode->value != "observe";
  SelfTracing self_tracing;
  const auto traces_itself = [&](pid_t process) { return self_tracing.is_in(process); };
  supervise::start_supervisor({{policy.allowed, sets, trusts_shim}, closes, supervision.step_aside, traces_itself},
                              observer);
}

}  // namespace

void add_options(CLI::App& app, Supervision& supervision) {
  app.add_option("--step-aside", supervision.step_aside,
                 "Programs that a supervisor leaves alone, as they trace others")
      ->type_name("PROGRAMS")
      ->capture_default_str();
}

void warn_of_lost_rights(const std::string& program) try {
  if (geteuid() == 0) return;
  const Right right = right_of(locate(program).image);
  if (!right || !right.has_effect || right.is_held_here) return;
  fail(
      fmt::format("{} is {}: it starts without that, as the kernel drops it for a program that an ordinary user traces",
                  program, right.text),
      "root's supervisor leaves it; `cloexec audit` has --no-supervise");
} catch (const std::runtime_error&) {
  return;  // who starts it says what is wrong
}

void begin_supervision(const Settings& settings, const Supervision& supervision) {
  begin(settings, supervision, !settings.mode || settings.mode->value != "off", nullptr);
}

void begin_watch(const Settings& settings, const Supervision& supervision, int pipe) try {
  const bool enforces = settings.mode && settings.mode->value == "enforce";
  Witness witness(pipe, enforces);
  // A shim that only records has decided nothing.
  begin(settings, supervision, enforces, &witness);
} catch (const std::runtime_error& error) {
  write_refusal(pipe, error.what());
}

}  // namespace cloexec::cli
