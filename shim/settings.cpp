// SPDX-License-Identifier: Apache-2.0

#include "shim/settings.h"

#include <sys/auxv.h>
#include <unistd.h>

#include "shim/report.h"

namespace cloexec {

constinit Settings settings;
constinit std::uint8_t states[call_count] = {};

namespace {

enum class Mode : std::uint8_t { enforce, observe, off };

void set_plans(Plan plan) {
  for (std::uint8_t& state : states) __atomic_store_n(&state, to_byte({plan, Ability::unknown}), __ATOMIC_RELAXED);
}

/// The value of the variable `name` when `entry` is "name=value"; null when it is another's.
const char* value_of(const char* entry, std::string_view name) {
  for (const char c : name)
    if (*entry++ != c) return nullptr;
  return *entry == '=' ? entry + 1 : nullptr;
}

Mode read_mode(std::string_view value) {
  if (value == "observe") return Mode::observe;
  if (value == "off") return Mode::off;
  if (value != "enforce" && !value.empty()) report("CLOEXEC_MODE", {1, 1, "unknown mode, use enforce, observe or off"});
  return Mode::enforce;
}

/// What is malformed is said a few times and no more: every process of a machine may say it.
void read_allowed(std::string_view numbers) {
  unsigned said = 0;
  parse_numbers(numbers, settings.exempt, [&](const Complaint& complaint) {
    constexpr unsigned most = 8;
    if (said++ < most) report("CLOEXEC_ALLOW", complaint);
  });
}

void read_environment(char* const* environment) {
  constexpr std::string_view prefix = "CLOEXEC_";
  const char* allowed = nullptr;
  const char* mode = nullptr;
  for (; *environment != nullptr; ++environment) {
    const char* entry = *environment;
    bool ours = true;
    for (std::size_t i = 0; ours && i < prefix.size(); ++i) ours = entry[i] == prefix[i];
    if (!ours) continue;
    // Of several, getenv(3) takes the first.
    if (allowed == nullptr) allowed = value_of(entry, "CLOEXEC_ALLOW");
    if (mode == nullptr) mode = value_of(entry, "CLOEXEC_MODE");
  }
  if (allowed != nullptr) read_allowed(allowed);
  settings.highest_exempt = settings.exempt.highest();
  const bool enforces = mode == nullptr || read_mode(mode) == Mode::enforce;
  set_plans(enforces ? Plan::force : Plan::pass);
}

/// Under AT_SECURE the environment is an attacker's (getauxval(3)).
void read_settings(char* const* environment) {
  if (getauxval(AT_SECURE) != 0)
    set_plans(Plan::force);
  else
    read_environment(environment);
  settings.are_read = true;
}

/// glibc hands the environment to constructors, musl does not; and glibc has not set `environ` yet when an object that
/// is to be initialised first (-z initfirst) comes before libc itself.
[[gnu::constructor]] void read_settings_at_load(int, char**, char** environment) {
  if (!settings.are_read) read_settings(environ != nullptr ? environ : environment);
}

}  // namespace

Plan plan_of(Call call) {
  if (const Plan plan = state_of(call).plan; plan != Plan::unread) return plan;
  if (environ == nullptr) return Plan::force;
  read_settings(environ);
  return state_of(call).plan;
}

}  // namespace cloexec
