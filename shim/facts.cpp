// SPDX-License-Identifier: Apache-2.0

#include "shim/facts.h"

#include "shim/environment.h"
#include "shim/module.h"
#include "shim/phase.h"
#include "shim/rules.h"

namespace cloexec {

std::string_view Facts::path() const { return told != nullptr ? told->object(number) : view(name); }

std::string_view Facts::module() const { return module_in_rules(caller); }

bool Facts::is_child() const { return is_spawn(call) || cloexec::is_child(); }

Decision ask_rules(const Facts& facts) { return decide(rule_sets(), facts.call, facts); }

}  // namespace cloexec
