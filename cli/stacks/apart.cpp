// SPDX-License-Identifier: Apache-2.0

#include "cli/stacks/apart.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace cloexec::cli {
namespace {

/// Whether all went through; a signal's handler may interrupt (signal(7)).
bool write_all(int fd, const void* bytes, std::size_t size) {
  for (const auto* at = static_cast<const char*>(bytes); size > 0;) {
    const ssize_t written = write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool read_all(int fd, void* bytes, std::size_t size) {
  for (auto* at = static_cast<char*>(bytes); size > 0;) {
    const ssize_t got = read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

/// Each answer with its size before it.
[[noreturn]] void answer(int fd, std::size_t from, std::size_t count,
                         const std::function<std::string(std::size_t)>& work) {
  for (std::size_t i = from; i < count; ++i) {
    const std::string text = work(i);
    const std::uint64_t size = text.size();
    if (!write_all(fd, &size, sizeof size) || !write_all(fd, text.data(), text.size())) break;
  }
  std::exit(0);
}

std::optional<std::string> read_answer(int fd) {
  std::uint64_t size = 0;
  if (!read_all(fd, &size, sizeof size)) return {};
  std::string text(size, '\0');
  if (!read_all(fd, text.data(), text.size())) return {};
  return text;
}

}  // namespace

std::vector<std::optional<std::string>> done_apart(std::size_t count,
                                                   const std::function<std::string(std::size_t)>& work) {
  std::vector<std::optional<std::string>> answers;
  while (answers.size() < count) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) break;
    // Or it would be written twice.
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      answer(ends[1], answers.size(), count, work);
    }
    close(ends[1]);
    while (child > 0 && answers.size() < count) {
      answers.push_back(read_answer(ends[0]));
      if (!answers.back()) break;
    }
    close(ends[0]);
    if (child < 0) break;
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  answers.resize(count);
  return answers;
}

}  // namespace cloexec::cli
