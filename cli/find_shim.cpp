// SPDX-License-Identifier: Apache-2.0

#include "cli/find_shim.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

/// What separates the entries of LD_PRELOAD; nothing escapes it (ld.so(8)).
constexpr std::string_view separators = " :";

}  // namespace

std::string find_shim(bool is_for_audit) {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path candidates[] = {
      here / "../shim",  // the build tree
      here / CLOEXEC_LIBDIR_FROM_BINDIR,
      here / "../lib" / CLOEXEC_MULTIARCH,
      here / "../lib64",
      here / "../lib",
      fs::path("/usr/local/lib") / CLOEXEC_MULTIARCH,
      "/usr/local/lib",
      fs::path("/usr/lib") / CLOEXEC_MULTIARCH,
      "/usr/lib64",
      "/usr/lib",
  };
  std::string tried;
  for (const fs::path& folder : candidates) {
    const fs::path shim = (folder / (is_for_audit ? "cloexec" : "") / shim_name).lexically_normal();
    if (access(shim.c_str(), R_OK) != 0) {
      if (tried.find(shim.string()) == std::string::npos)
        tried += fmt::format("{} {}", tried.empty() ? "" : ",", shim.string());
      continue;
    }
    if (shim.string().find_first_of(separators) != std::string::npos)
      throw std::runtime_error(fmt::format("LD_PRELOAD cannot hold a path with a blank or a colon: {}", shim.string()));
    return shim;
  }
  throw std::runtime_error(fmt::format("there is no {} that can be read; looked for{}", shim_name, tried));
}

std::string preload_list(const std::string& shim, std::string_view others) {
  std::string list = shim;
  while (!others.empty()) {
    const std::string_view entry = others.substr(0, others.find_first_of(separators));
    others.remove_prefix(std::min(entry.size() + 1, others.size()));
    if (!entry.empty() && fs::path(entry).filename() != shim_name) list.append(":").append(entry);
  }
  return list;
}

}  // namespace cloexec::cli
