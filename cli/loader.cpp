// SPDX-License-Identifier: Apache-2.0

#include "cli/loader.h"

#include <dlfcn.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "cli/find_shim.h"
#include "cli/text/file.h"

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

/// What stands for $LIB: no interface tells it, but libc lies there. "lib/x86_64-linux-gnu" on Debian, "lib64" on
/// Fedora; empty when that looks like neither.
std::string lib_folder() {
#ifdef __GLIBC__
  Dl_info libc{};
  if (dladdr(reinterpret_cast<void*>(&getauxval), &libc) == 0) return {};
  std::string_view path = libc.dli_fname;
  for (const std::string_view front : {"/usr", "/"})
    if (path.starts_with(front)) path.remove_prefix(front.size());
  const std::string folder = fs::path(path).parent_path();
  return folder.starts_with("lib") ? folder : "";
#else
  return {};  // musl's loader does not know it
#endif
}

std::string without_lib_token(std::string path) {
  for (const std::string_view token : {"${LIB}", "$LIB"})
    if (const std::size_t at = path.find(token); at != std::string::npos) path.replace(at, token.size(), lib_folder());
  return path;
}

}  // namespace

std::string with_lib_token(const std::string& path) {
  const std::string folder = lib_folder();
  const std::string end = "/" + folder + "/" + shim_name;
  if (folder.empty() || !path.ends_with(end)) return path;
  return path.substr(0, path.size() - end.size()) + "/$LIB/" + shim_name;
}

std::string shim_for_all() {
  std::string text;
  try {
    text = read_file("/etc/ld.so.preload");
  } catch (const std::runtime_error&) {
    return {};  // as on most machines
  }
  constexpr std::string_view separators = " \t\n:";
  for (std::size_t at = text.find_first_not_of(separators); at != std::string::npos;) {
    const std::size_t end = text.find_first_of(separators, at);
    const std::string path = without_lib_token(text.substr(at, end - at));
    if (fs::path(path).filename() == shim_name && access(path.c_str(), R_OK) == 0) return path;
    at = text.find_first_not_of(separators, end);
  }
  return {};
}

}  // namespace cloexec::cli
