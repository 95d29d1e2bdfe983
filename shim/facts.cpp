// SPDX-License-Identifier: Apache-2.0

#include "shim/facts.h"

#include <cstring>

#include "policy/announced.h"
#include "shim/environment.h"
#include "shim/module.h"
#include "shim/phase.h"
#include "shim/rules.h"

namespace cloexec {
namespace {

bool is_told_by(const char* entry, int fd) {
  std::string_view name = entry;
  const std::size_t equals = name.find('=');
  if (equals == std::string_view::npos) return false;
  std::string_view value = name;
  value.remove_prefix(equals + 1);
  name.remove_suffix(name.size() - equals);
  return variable_tells(name, value, fd) && !was_there_at_start(entry);
}

}  // namespace

void Hints::add_numbers_of(const char* text) {
  while (*text != '\0') {
    if (!detail::is_digit(*text)) {
      ++text;
      continue;
    }
    unsigned number = 0;
    for (; detail::is_digit(*text); ++text) number = (number * 10 + static_cast<unsigned>(*text - '0')) % count;
    bits[number / 32] |= std::uint32_t{1} << number % 32;
  }
}

void Hints::find(const Start& about) {
  are_known = true;
  std::memset(bits, 0, sizeof bits);
  if (about.arguments != nullptr && about.arguments[0] != nullptr)
    for (char* const* argument = about.arguments + 1; *argument != nullptr; ++argument) add_numbers_of(*argument);
  if (about.environment == nullptr) return;
  for (char* const* entry = about.environment; *entry != nullptr; ++entry) {
    add_numbers_of(*entry);
    // It says how many there are, not which.
    if (std::string_view(*entry).starts_with("LISTEN_FDS=")) std::memset(bits, -1, sizeof bits);
  }
}

bool Start::tells(int fd) const {
  if (fd == program_fd) return true;
  if (hints != nullptr) {
    if (!hints->are_known) hints->find(*this);
    if (!hints->may_tell(fd)) return false;
  }
  if (arguments != nullptr && arguments[0] != nullptr)
    for (char* const* argument = arguments + 1; *argument != nullptr; ++argument)
      if (argument_tells(*argument, fd)) return true;
  if (environment != nullptr)
    for (char* const* entry = environment; *entry != nullptr; ++entry)
      if (is_told_by(*entry, fd)) return true;
  return false;
}

std::string_view Facts::path() const { return view(name); }

std::string_view Facts::module() const { return find_module(caller).name; }

bool Facts::is_child() const { return is_spawn(call) || cloexec::is_child(); }

std::string_view Facts::target() const {
  if (start == nullptr) return {};
  if (start->program != nullptr) return start->program;
  return view(start->arguments != nullptr ? start->arguments[0] : nullptr);
}

Decision ask_rules(const Facts& facts) { return decide(rule_sets(), facts.call, facts); }

}  // namespace cloexec
