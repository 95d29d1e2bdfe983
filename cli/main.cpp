// SPDX-License-Identifier: Apache-2.0
//
// The command `cloexec`: reads the command line and hands over to a subcommand.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>
#include <system_error>

#include "cli/commands.h"
#include "cli/message.h"
#include "policy/likeness.h"

namespace cloexec::cli {
namespace {

using Words = std::vector<std::string>;

/// The subcommand that `words` begin with; the one that wants a further one when that is missing.
const CLI::App& command_in(const CLI::App& app, const Words& words) {
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    const auto known = command->get_subcommands([](const CLI::App*) { return true; });
    if (known.empty() || word.starts_with('-')) break;
    Likest likest(word);
    const CLI::App* next = nullptr;
    for (const CLI::App* candidate : known) {
      likest.consider(candidate->get_name());
      if (candidate->get_name() == word) next = candidate;
    }
    if (next == nullptr) throw UsageError(fmt::format("unknown command '{}'{}", word, suggestion(likest)));
    command = next;
  }
  return *command;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

Words cut(Words& words, Words::iterator from) {
  Words arguments(from, words.end());
  words.erase(from, words.end());
  return arguments;
}

/// Cuts what follows PROGRAM off `words`, or "--" and what follows that, and returns it. CLI11 would take the program's
/// options for its own, its "--" away, and "[a,b]" apart.
Words take_arguments(Words& words, const CLI::App& command) {
  if (const CLI::Option* facts = command.get_option_no_throw("FACT"); facts != nullptr)
    return cut(words, std::find(words.begin(), words.end(), "--"));
  const CLI::Option* program = command.get_option_no_throw("PROGRAM");
  if (program == nullptr || program->get_type_name() != takes_arguments) return {};
  std::size_t at = 1;
  for (bool options_end = false; at < words.size(); ++at) {
    if (options_end || !words[at].starts_with('-')) break;
    options_end = words[at] == "--";
    const CLI::Option* option = options_end ? nullptr : command.get_option_no_throw(words[at]);
    if (option != nullptr && option->get_items_expected_max() > 0) ++at;
  }
  if (at >= words.size()) return {};
  return cut(words, words.begin() + static_cast<std::ptrdiff_t>(at) + 1);
}

std::string describe(const CLI::ParseError& error, const CLI::App& command) {
  for (const std::string& word : command.remaining()) {
    if (!word.starts_with('-') || word == "--") continue;
    const std::string name = word.substr(0, word.find('='));
    Likest likest(std::string_view(name).substr(std::min(name.find_first_not_of('-'), name.size())));
    for (const CLI::Option* option : command.get_options())
      for (const std::string& known : option->get_lnames()) likest.consider(known);
    return fmt::format("unknown option '{}'{}", name,
                       likest.get().empty() ? "" : fmt::format(", did you mean '--{}'?", likest.get()));
  }
  if (!command.get_subcommands([](const CLI::App*) { return true; }).empty()) return "a command is missing";
  return error.what();
}

/// Says of a PROGRAM that it has arguments.
class Formatter : public CLI::Formatter {
 public:
  std::string make_option_usage(const CLI::Option* option) const override {
    const std::string usage = CLI::Formatter::make_option_usage(option);
    const std::string type = option->get_type_name();
    return type == takes_arguments || type == takes_told ? usage + " " + type : usage;
  }
};

void add_commands(CLI::App& app, Action& action, const Words& arguments) {
  app.set_version_flag("--version", "cloexec " CLOEXEC_VERSION);
  app.require_subcommand(1);
  app.formatter(std::make_shared<Formatter>());
  app.group("Commands");
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("Positionals", "Arguments");
  app.get_formatter()->label("REQUIRED", "");
  app.get_formatter()->label("TEXT", "");
  app.footer("`cloexec COMMAND --help` tells more about a command.");
  add_run(app, action, arguments);
  add_audit(app, action, arguments);
  CLI::App* policy = app.add_subcommand("policy", "Check, show and explain what may be inherited");
  policy->require_subcommand(1);
  add_policy_check(*policy, action);
  add_policy_show(*policy, action);
  add_policy_explain(*policy, action, arguments);
  add_policy_suggest(*policy, action);
  add_ps(app, action);
  add_seal(app, action);
  add_doctor(app, action);
  add_unit(app, action);
  add_path(app, action);
}

int dispatch(Words words) {
  CLI::App app("Makes close-on-exec the default of unmodified programs", "cloexec");
  Action action;
  Words arguments;
  add_commands(app, action, arguments);
  const CLI::App* command = &app;
  try {
    command = &command_in(app, words);
    arguments = take_arguments(words, *command);
    app.parse(Words(words.rbegin(), words.rend()));
    return action();
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream text;
    const int status = app.exit(success, text, text);
    fmt::print("{}", text.str());
    return status;
  } catch (const CLI::ParseError& error) {
    return fail(describe(error, *command), fmt::format("try `{} --help`", full_name(*command)));
  } catch (const UsageError& error) {
    return fail(error.what(), fmt::format("try `{} --help`", full_name(*command)));
  }
}

int fail_to_write(int error) {
  return fail(fmt::format("standard output cannot be written: {}", std::strerror(error)));
}

}  // namespace
}  // namespace cloexec::cli

int main(int argc, char** argv) {
  try {
    const int status = cloexec::cli::dispatch({argv + 1, argv + argc});
    // A full disk shows only now.
    return std::fflush(stdout) == 0 ? status : cloexec::cli::fail_to_write(errno);
  } catch (const std::system_error& error) {
    return std::ferror(stdout) == 0 ? cloexec::cli::fail(error.what())
                                    : cloexec::cli::fail_to_write(error.code().value());
  } catch (const std::exception& error) {
    return cloexec::cli::fail(error.what());
  }
}
