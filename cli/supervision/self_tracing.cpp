// SPDX-License-Identifier: Apache-2.0

#include "cli/supervision/self_tracing.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "cli/doctor/elf_file.h"

namespace cloexec::cli {
namespace {

/// What the runtime says then: it is in each program that the runtime is linked into (lsan_common.cpp). Put together
/// when it is needed, as it would be in this program, too.
std::string complaint() { return fmt::format("{} has encountered a fatal error", "LeakSanitizer"); }

bool contains(const std::string& path, std::string_view text) {
  constexpr std::size_t block = std::size_t{1} << 20U;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  std::size_t kept = 0;
  do {
    bytes.erase(0, bytes.size() - kept);
    bytes.resize(kept + block);
    file.read(bytes.data() + kept, block);
    bytes.resize(kept + static_cast<std::size_t>(file.gcount()));
    if (bytes.find(text) != std::string::npos) return true;
    // What one block has of it, the next may have the rest of.
    kept = std::min(bytes.size(), text.size() - 1);
  } while (file);
  return false;
}

bool has_leak_sanitizer(const std::string& path) try {
  const ElfFile file = read_elf_headers(path);
  // None is linked statically as a whole.
  if (!file.interpreter) return false;
  return file.needs_leak_sanitizer || contains(path, complaint());
} catch (const std::runtime_error&) {
  return false;
}

}  // namespace

bool SelfTracing::is_in(pid_t process) {
  const std::string path = fmt::format("/proc/{}/exe", process);
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return false;
  const auto [place, is_new] = known_.try_emplace({file.st_dev, file.st_ino, file.st_ctim.tv_sec}, false);
  if (is_new) place->second = has_leak_sanitizer(path);
  return place->second;
}

}  // namespace cloexec::cli
