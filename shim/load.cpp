// SPDX-License-Identifier: Apache-2.0
//
// What is done when the library is loaded, or at the first call where that comes before: reads the environment, and
// makes the rooms ready.

#include <sys/auxv.h>
#include <unistd.h>

#include "shim/decide/report.h"
#include "shim/decide/rules.h"
#include "shim/decide/settings.h"
#include "shim/host/environment.h"
#include "shim/host/find_next.h"
#include "shim/host/module.h"
#include "shim/process/forced.h"
#include "shim/process/phase.h"
#include "shim/record/recorder.h"

namespace cloexec {

namespace {

/// Whether `value` is one of two words; the first when it is neither, or not given, and then says so.
bool is_second(const char* variable, std::string_view value, std::string_view first, std::string_view second,
               const char* complaint) {
  if (value.empty()) return false;
  if (value != first && value != second) report(variable, {1, 1, complaint});
  return value == second;
}

bool enforces(std::string_view mode) {
  if (mode.empty()) return true;
  if (mode != "enforce" && mode != "observe" && mode != "off")
    report("CLOEXEC_MODE", {1, 1, "unknown mode, use enforce, observe or off"});
  settings.is_off = mode == "off";
  return mode != "observe" && mode != "off";
}

void read_allowed(const char* numbers) {
  Reporter complain("CLOEXEC_ALLOW");
  if (numbers != nullptr) parse_numbers(numbers, settings.allowed, complain);
  if (settings.allowed.highest() >= static_cast<int>(first_ordinary)) have_no_ordinary();
}

void read_environment(char** environment) {
  note_environment(environment);
  const Variables variables = find_variables(environment);
  read_allowed(variables.allow);
  settings.changes_nothing = !enforces(view(variables.mode));
  const bool is_strict = is_second("CLOEXEC_PROFILE", view(variables.profile), "standard", "strict",
                                   "unknown profile, use standard or strict");
  settings.is_strict = is_strict;
  const bool stays_here = is_second("CLOEXEC_PROPAGATE", view(variables.propagate), "yes", "no", "use yes or no");
  if (has_recorder && variables.audit != nullptr && view(variables.mode) != "off") map_ring(variables.audit);
  if (!settings.changes_nothing || is_recording())
    load_rules({variables.policy, variables.policy_file, is_strict}, environment);
  if (is_recording()) {
    learn_program_name();
    record_start(environment);
  }
  if (stays_here) leave_environment(environment);
}

/// Under AT_SECURE the environment is an attacker's (getauxval(3)). Nor is it handed on: a program that becomes another
/// user for good starts programs which are not AT_SECURE, and they would obey. The loader does the same with LD_PRELOAD
/// (ld.so(8), secure-execution mode).
void read_settings(char** environment) {
  settings.are_read = true;
  begin_phase();
  if (is_later_copy()) {
    settings.changes_nothing = true;
    return;
  }
  if (getauxval(AT_SECURE) == 0) return read_environment(environment);
  read_allowed(nullptr);
  load_rules({}, nullptr);
  forget_variables(environment);
}

/// glibc hands the environment to constructors, musl does not; and glibc has not set `environ` yet when an object that
/// is to be initialised first (-z initfirst) comes before libc itself.
[[gnu::constructor]] void read_settings_at_load(int, char**, char** environment) {
  if (!settings.are_read) read_settings(environ != nullptr ? environ : environment);
}

}  // namespace

bool read_settings_if_possible() {
  if (!settings.are_read && environ != nullptr) read_settings(environ);
  return settings.are_read;
}

}  // namespace cloexec
