// SPDX-License-Identifier: Apache-2.0

#include "cli/become.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "cli/find_shim.h"
#include "cli/message.h"
#include "cli/sources.h"

namespace cloexec::cli {
namespace {

void set(const std::string& name, const std::string& value) { setenv(name.c_str(), value.c_str(), 1); }

/// A shared runtime of AddressSanitizer ends its program at once when another library comes before it in the loader's
/// list, as every preload does (AsanCheckDynamicRTPrereqs, asan_linux.cpp). Told to every program: often it is make or
/// a script that starts the sanitized one. Put before the shim in LD_PRELOAD instead, the runtime would get into all
/// that a sanitized program starts, and end perl, sort or gcc with a failure for what they leak.
void let_sanitizers_come_later() {
  const char* variable = std::getenv("ASAN_OPTIONS");
  const std::string options = variable != nullptr ? variable : "";
  constexpr std::string_view order = "verify_asan_link_order";
  if (options.find(order) != std::string::npos) return;
  set("ASAN_OPTIONS", fmt::format("{}{}{}=0", options, options.empty() ? "" : ":", order));
}

}  // namespace

bool refuse_malformed(const Settings& settings, const std::string& program) {
  if (!print_problems(read_policy(settings))) return false;
  fail(program + " was not started: the shim would ignore what is malformed",
       "rules are described in cloexec.conf(5); `cloexec policy check FILE` checks a file");
  return true;
}

int become(const Settings& settings, const std::string& program, std::vector<std::string> arguments) {
  const char* preloaded = std::getenv("LD_PRELOAD");
  set("LD_PRELOAD", preload_list(find_shim(settings.audit.has_value()), preloaded != nullptr ? preloaded : ""));
  for (const auto& [name, value] : variables(settings)) set(name, value);
  let_sanitizers_come_later();

  std::vector<char*> vector{const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) vector.push_back(argument.data());
  vector.push_back(nullptr);
  execvp(program.c_str(), vector.data());
  const int error = errno;
  fail(program + ": " + std::strerror(error));
  return error == ENOENT ? 127 : 126;
}

}  // namespace cloexec::cli
