// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors a program is told of at its start, by a word that speaks of descriptors: `--status-fd 7`,
// `fd=7,set=1`, `/dev/fd/7`, `fd://7`, `LISTEN_FDS=1`. A number alone tells nothing, nor does one within a longer text:
// others may have chosen those.
#pragma once

#include <string_view>

#include "policy/agreements.h"
#include "policy/announced_arguments.h"
#include "policy/announced_numbers.h"
#include "policy/descriptor_words.h"

namespace cloexec {
namespace detail {

/// HTTP headers are a stranger's words (RFC 3875), and Apache's of a redirected request; LC_* and LANG* are what sshd
/// takes from its client (AcceptEnv), UV_* what OpenVPN does.
constexpr bool is_a_strangers(const char* entry) {
  return past(entry, "HTTP_") != nullptr || past(entry, "http_") != nullptr || past(entry, "REDIRECT_") != nullptr ||
         past(entry, "LC_") != nullptr || past(entry, "LANG") != nullptr || past(entry, "UV_") != nullptr;
}

}  // namespace detail

/// Visits what the variable `entry`, NAME=VALUE, announces; LISTEN_FDS is its count.
constexpr void each_announcement_of_variable(const char* entry, auto&& visit) {
  const std::string_view name = detail::key_of(entry);
  if (entry[name.size()] != '=') return;
  if (detail::is_a_strangers(entry)) return;
  const char* const value = entry + name.size() + 1;
  const detail::Teller tell{visit, entry};
  if (is_name("LISTEN_FDS", name)) return detail::take_count(value, tell);
  ValueForm form = detail::is_digit(*value) && speaks_of_descriptors(name) ? ValueForm::list : ValueForm::none;
  for (const VariableAgreement& agreement : variable_agreements)
    if (is_name(agreement.name, name)) form = agreement.form;
  if (form == ValueForm::list) detail::take_list(value, tell);
  if (form == ValueForm::items) detail::take_items(value, tell);
  if (form == ValueForm::flags) detail::take_flags(value, tell);
}

namespace detail {

/// The variables that count; none at all for a program that another machine's user may have told what to do.
template <typename IsNew>
class Variables {
 public:
  constexpr Variables(const char* const* environment, IsNew& is_new) : is_new_(is_new) {
    for (; environment != nullptr && *environment != nullptr; ++environment) {
      if (**environment == 'G' && past(*environment, "GATEWAY_INTERFACE=") != nullptr) is_for_gateway_ = true;
      if (**environment == 'L') note_listening(*environment);
      if (first_new_ == nullptr && is_new(*environment)) first_new_ = environment;
    }
  }

  constexpr bool is_for_gateway() const { return is_for_gateway_; }

  constexpr void each(auto&& visit) {
    if (has_new_listening_ && listening_ != nullptr) visit(listening_);
    for (const char* const* entry = first_new_; entry != nullptr && *entry != nullptr; ++entry)
      if (*entry != listening_ && is_new_(*entry)) visit(*entry);
  }

 private:
  /// The count may be what it was: a new LISTEN_PID says that it is for another process now.
  constexpr void note_listening(const char* entry) {
    const bool is_count = past(entry, "LISTEN_FDS=") != nullptr;
    if (is_count) listening_ = entry;
    if (is_count || past(entry, "LISTEN_PID=") != nullptr) has_new_listening_ = has_new_listening_ || is_new_(entry);
  }

  IsNew& is_new_;
  const char* const* first_new_ = nullptr;
  const char* listening_ = nullptr;
  bool has_new_listening_ = false;
  bool is_for_gateway_ = false;
};

}  // namespace detail

/// Calls visit(Announcement) for whatever a program is told. `target` is what it is called, `arguments` (of which the
/// first is its name) and `environment` end with a null, and may be null; `is_new(entry)` says whether this process
/// added or changed that NAME=VALUE: what it got itself is not told by it.
template <typename IsNew>
constexpr void each_announcement(std::string_view target, const char* const* arguments, const char* const* environment,
                                 IsNew&& is_new, auto&& visit) {
  detail::Variables variables(environment, is_new);
  if (variables.is_for_gateway()) return;
  variables.each([&](const char* entry) { each_announcement_of_variable(entry, visit); });
  if (arguments == nullptr || *arguments == nullptr) return;
  detail::ArgumentReader reader(target, visit);
  while (*++arguments != nullptr) reader.read(arguments);
}

}  // namespace cloexec
