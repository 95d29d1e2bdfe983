// SPDX-License-Identifier: Apache-2.0
//
// A call that nobody makes, for asking the policy about it: CallFacts (policy/decide.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalogue/call.h"

namespace cloexec::cli {

/// The call that is asked about; what is not given is unknown, or empty.
struct Question {
  Call call = {};
  int number = -1;
  std::string program = {};
  std::string file = {};
  std::string object = {};
  bool forked = false;
  std::string started = {};
  bool own = false;
  std::optional<bool> told = {};

  int fd() const { return number; }
  std::string_view path() const { return file; }
  std::string_view module() const { return object; }
  bool is_child() const { return forked || is_spawn(call); }
  std::string_view target() const { return started; }
  bool is_own() const { return own; }
  bool is_announced() const { return told.value_or(false); }
};

}  // namespace cloexec::cli
