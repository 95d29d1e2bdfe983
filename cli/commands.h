// SPDX-License-Identifier: Apache-2.0
//
// The subcommands, one file each. Adding one declares its options; parsing it sets what is then to be done.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cloexec::cli {

/// Does what the command line asks for; returns the exit status.
using Action = std::function<int()>;

/// The type name of a PROGRAM that is followed by arguments of its own.
inline constexpr const char* takes_arguments = "[ARG...]";

/// The type name of facts behind which "--" and what a program is told may stand.
inline constexpr const char* takes_told = "[-- ARG...]";

/// `arguments` are those of the program to run, or what stands behind "--", with it: CLI11 never sees them.
void add_run(CLI::App& app, Action& action, const std::vector<std::string>& arguments);
void add_audit(CLI::App& app, Action& action, const std::vector<std::string>& arguments);
void add_policy_check(CLI::App& policy, Action& action);
void add_policy_show(CLI::App& policy, Action& action);
void add_policy_explain(CLI::App& policy, Action& action, const std::vector<std::string>& arguments);
void add_policy_suggest(CLI::App& policy, Action& action);
void add_ps(CLI::App& app, Action& action);
void add_seal(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_unit(CLI::App& app, Action& action);
void add_path(CLI::App& app, Action& action);

}  // namespace cloexec::cli
