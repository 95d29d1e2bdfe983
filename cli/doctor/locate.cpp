// SPDX-License-Identifier: Apache-2.0

#include "cli/doctor/locate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "cli/doctor/elf_file.h"

namespace cloexec::cli {
namespace {

constexpr std::string_view blanks = " \t";
/// The kernel gives up at the sixth file (ELOOP, execve(2)); env begins anew.
constexpr int most_interpreters = 5;
constexpr int most_envs = 5;

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
  throw std::runtime_error(fmt::format("{}: {}", path, why));
}

std::string find(const std::string& program) {
  if (program.empty()) throw std::runtime_error("the program's name is empty");
  const Found found = find_program(program);
  // What stands in the way of a path is told with more than an errno's words.
  if (found.obstacle == 0 || program.find('/') != std::string::npos) return found.path;
  refuse(program,
         found.obstacle == EACCES ? "found in PATH, but not as a program that may be executed" : "not found in PATH");
}

void check(const std::string& path) {
  struct stat status {};
  const bool is_there = stat(path.c_str(), &status) == 0;
  if (is_there && S_ISDIR(status.st_mode)) refuse(path, "is a directory");
  if (is_there && !S_ISREG(status.st_mode)) refuse(path, "is not a regular file");
  if (const int obstacle = obstacle_to(path); obstacle != 0) refuse(path, std::strerror(obstacle));
  if (status.st_size == 0) refuse(path, "is empty");
}

/// As many bytes as the kernel looks at (BINPRM_BUF_SIZE); nothing when the file may be executed but not read.
std::optional<std::string> beginning_of(const std::string& path) {
  const int fd = open_regular(path);
  if (fd < 0 && errno == EACCES) return {};
  if (fd < 0) refuse(path, std::strerror(errno));
  std::array<char, 256> bytes{};
  const ssize_t size = pread(fd, bytes.data(), bytes.size(), 0);
  const int error = errno;
  close(fd);
  if (size < 0) refuse(path, std::strerror(error));
  return std::string(bytes.data(), static_cast<std::size_t>(size));
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// What env would look for, when that is plain to see.
std::string started_by_env(std::string_view argument) {
  if (!argument.starts_with("-S")) return std::string(argument.starts_with('-') ? "" : argument);
  argument.remove_prefix(2);
  for (argument = trimmed(argument); !argument.empty();) {
    const std::string_view word = argument.substr(0, argument.find_first_of(blanks));
    if (word.starts_with('-') || word.find_first_of("'\"\\$") != std::string_view::npos) return {};
    if (word.find('=') == std::string_view::npos) return std::string(word);
    argument = trimmed(argument.substr(word.size()));
  }
  return {};
}

/// Follows the #! line that `text` begins with; whether that leads to a further file.
void follow_script(std::string_view text, Location& location) {
  text.remove_prefix(2);
  const bool is_cut = text.find('\n') == std::string_view::npos && text.size() == 254;
  const std::string_view line = trimmed(text.substr(0, text.find_first_of(std::string_view("\n\0", 2))));
  const std::size_t end = line.find_first_of(blanks);
  const std::string interpreter(line.substr(0, end));
  if (interpreter.empty()) refuse(location.image, "its #! line names no interpreter");
  if (is_cut && end == std::string_view::npos) refuse(location.image, "its #! line is longer than the kernel reads");
  location.steps.push_back({Step::Why::script, location.image, interpreter});
  try {
    check(interpreter);
  } catch (const std::exception& error) {
    refuse(location.image, fmt::format("its #! line cannot be followed: {}", error.what()));
  }
  location.image = interpreter;
  if (end == std::string_view::npos || std::filesystem::path(interpreter).filename() != "env") return;
  const std::string program = started_by_env(trimmed(line.substr(end)));
  if (program.empty()) return;
  const std::string found = find(program);
  check(found);
  location.steps.push_back({Step::Why::env, interpreter, found});
  location.image = found;
}

/// execvp gives to the shell what the kernel does not know.
bool is_for_shell(std::string_view text) {
  return text.substr(0, text.find('\n')).find('\0') == std::string_view::npos && !text.starts_with("\x7f");
}

}  // namespace

int obstacle_to(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Found find_program(const std::string& program) {
  if (program.empty()) return {program, ENOENT};
  if (program.find('/') != std::string::npos) return {program, obstacle_to(program)};
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable != nullptr ? variable : "/bin:/usr/bin";
  int error = ENOENT;
  for (;;) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    const std::string path = folder.empty() ? program : fmt::format("{}/{}", folder, program);
    const int obstacle = obstacle_to(path);
    if (obstacle == 0) return {path, 0};
    if (obstacle == EACCES) error = EACCES;
    if (folder.size() == folders.size()) return {program, error};
    folders.remove_prefix(folder.size() + 1);
  }
}

int open_regular(const std::string& path) {
  // O_NONBLOCK: it may have become a FIFO since.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status {};
  if (fd < 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))) return fd;
  close(fd);
  errno = EINVAL;
  return -1;
}

Location locate(const std::string& program) {
  Location location{find(program), {}, {}};
  check(location.path);
  location.image = location.path;
  int interpreters = 0;
  int envs = 0;
  for (;;) {
    const std::optional<std::string> text = beginning_of(location.image);
    location.is_readable = text.has_value();
    if (!text || text->starts_with(elf_magic)) return location;
    if (text->starts_with("#!")) {
      follow_script(*text, location);
      const bool is_by_env = location.steps.back().why == Step::Why::env;
      interpreters = is_by_env ? 0 : interpreters + 1;
      if (is_by_env) ++envs;
      if (interpreters > most_interpreters || envs > most_envs)
        refuse(location.path, "its #! lines lead from script to script without an end");
      continue;
    }
    if (!location.steps.empty() || !is_for_shell(*text)) refuse(location.image, "is neither an ELF file nor a script");
    check("/bin/sh");
    location.steps.push_back({Step::Why::shell, location.image, "/bin/sh"});
    location.image = "/bin/sh";
  }
}

}  // namespace cloexec::cli
