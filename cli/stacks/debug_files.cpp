// SPDX-License-Identifier: Apache-2.0

#include "cli/stacks/debug_files.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "cli/doctor/locate.h"

namespace cloexec::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// As debuginfod_find_debuginfo(3) has them, newest way first.
std::vector<std::string> caches() {
  if (const std::string chosen = variable("DEBUGINFOD_CACHE_PATH"); !chosen.empty()) return {chosen};
  std::vector<std::string> found;
  const std::string home = variable("HOME");
  if (const std::string base = variable("XDG_CACHE_HOME"); !base.empty()) found.push_back(base + "/debuginfod_client");
  if (!home.empty()) {
    found.push_back(home + "/.cache/debuginfod_client");
    found.push_back(home + "/.debuginfod_client_cache");
  }
  return found;
}

}  // namespace

int find_debug_file(Dwfl_Module* module, void** data, const char* name, Dwarf_Addr base, const char* file,
                    const char* link, GElf_Word link_checksum, char** found) {
  const int fd = dwfl_standard_find_debuginfo(module, data, name, base, file, link, link_checksum, found);
  if (fd >= 0) return fd;
  // Without servers debuginfod's client does not look at what it has.
  const unsigned char* bits = nullptr;
  GElf_Addr place = 0;
  const int size = dwfl_module_build_id(module, &bits, &place);
  if (size <= 0) return -1;
  const std::string id = fmt::format("{:02x}", fmt::join(std::span(bits, static_cast<std::size_t>(size)), ""));
  for (const std::string& cache : caches()) {
    const std::string path = fmt::format("{}/{}/debuginfo", cache, id);
    const int cached = open_regular(path);
    if (cached < 0) continue;
    *found = strdup(path.c_str());  // libdw frees it
    return cached;
  }
  return -1;
}

}  // namespace cloexec::cli
