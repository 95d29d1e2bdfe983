// SPDX-License-Identifier: Apache-2.0
//
// contain PROFILE ACTION -- PROGRAM [ARG...]: runs PROGRAM under a seccomp profile as container runtimes and systemd
// make them: what is listed is allowed, all else gets ACTION, which is "kill" or the name of an errno. PROFILE is a
// runtime's JSON (for a process without capabilities, on this architecture), whose own default is taken when ACTION is
// "default", or a file of names, one a line.
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

int number_of(const std::string& errno_name) {
  for (int number = 1; number < 256; ++number) {
    const char* const name = strerrorname_np(number);
    if (name != nullptr && errno_name == name) return number;
  }
  throw std::runtime_error("no errno " + errno_name);
}

std::uint32_t error_action(int error) { return SCMP_ACT_ERRNO(static_cast<unsigned>(error)); }

scmp_compare operator_of(const std::string& name) {
  if (name == "SCMP_CMP_EQ") return SCMP_CMP_EQ;
  if (name == "SCMP_CMP_NE") return SCMP_CMP_NE;
  if (name == "SCMP_CMP_MASKED_EQ") return SCMP_CMP_MASKED_EQ;
  throw std::runtime_error("no comparison " + name);
}

void add(scmp_filter_ctx filter, std::uint32_t action, const std::string& name,
         const std::vector<scmp_arg_cmp>& arguments = {}) {
  const int call = seccomp_syscall_resolve_name(name.c_str());
  // Other architectures' calls have no number here, and what is the default anyway cannot be added.
  if (call < 0) return;
  const int result =
      seccomp_rule_add_array(filter, action, call, static_cast<unsigned>(arguments.size()), arguments.data());
  if (result != 0 && result != -EACCES) throw std::runtime_error(name + ": " + std::strerror(-result));
}

bool names_this(const json& conditions, const char* key, bool otherwise) {
  if (!conditions.contains(key)) return otherwise;
  for (const auto& one : conditions[key])
    if (one == "amd64") return true;
  return false;
}

/// Whether an entry holds for a process without capabilities.
bool holds(const json& entry) {
  const json includes = entry.value("includes", json::object());
  const json excludes = entry.value("excludes", json::object());
  return !includes.contains("caps") && names_this(includes, "arches", true) && !names_this(excludes, "arches", false);
}

std::vector<scmp_arg_cmp> comparisons(const json& entry) {
  std::vector<scmp_arg_cmp> all;
  if (!entry.contains("args") || entry["args"].is_null()) return all;
  for (const auto& one : entry["args"])
    all.push_back({one["index"].get<unsigned>(), operator_of(one["op"]), one["value"].get<scmp_datum_t>(),
                   one["valueTwo"].get<scmp_datum_t>()});
  return all;
}

scmp_filter_ctx started(const std::string& action, int error) {
  if (action == "kill") return seccomp_init(SCMP_ACT_KILL_PROCESS);
  return seccomp_init(error_action(action == "default" ? error : number_of(action)));
}

scmp_filter_ctx from_runtime(const json& profile, const std::string& action) {
  auto* const filter = started(action, profile.value("defaultErrnoRet", EPERM));
  for (const auto& entry : profile["syscalls"]) {
    if (!holds(entry)) continue;
    const bool is_allowed = entry["action"] == "SCMP_ACT_ALLOW";
    for (const auto& name : entry["names"])
      add(filter, is_allowed ? SCMP_ACT_ALLOW : error_action(entry.value("errnoRet", EPERM)), name, comparisons(entry));
  }
  return filter;
}

scmp_filter_ctx from_names(std::istream& names, const std::string& action) {
  auto* const filter = started(action, EPERM);
  for (std::string name; names >> name;) add(filter, SCMP_ACT_ALLOW, name);
  return filter;
}

scmp_filter_ctx made(const std::string& path, const std::string& action) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be read");
  return path.ends_with(".json") ? from_runtime(json::parse(file), action) : from_names(file, action);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || std::strcmp(argv[3], "--") != 0) {
    std::fprintf(stderr, "usage: contain PROFILE kill|default|ERRNO -- PROGRAM [ARG...]\n");
    return 125;
  }
  try {
    if (const int result = seccomp_load(made(argv[1], argv[2])); result != 0)
      throw std::runtime_error(std::string("the kernel does not take the filter: ") + std::strerror(-result));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "contain: %s\n", error.what());
    return 125;
  }
  execvp(argv[4], argv + 4);
  std::perror(argv[4]);
  return 126;
}
