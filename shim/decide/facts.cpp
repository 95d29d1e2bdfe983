// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/facts.h"

#include "shim/decide/rules.h"
#include "shim/host/environment.h"
#include "shim/host/module.h"
#include "shim/process/phase.h"

namespace cloexec {

std::string_view Facts::path() const { return told != nullptr ? told->object(number) : view(name); }

std::string_view Facts::module() const { return module_in_rules(caller); }

bool Facts::is_child() const { return is_spawn(call) || cloexec::is_child(); }

Decision ask_rules(const Facts& facts) { return decide(rule_sets(), facts.call, facts); }

}  // namespace cloexec
