// SPDX-License-Identifier: Apache-2.0
//
// See launches.h.
#include "launches.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

namespace {

/// What the child writes to, never inheritable itself.
class Report {
 public:
  Report() {
    if (pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) std::perror("pipe2");
  }
  ~Report() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  int input() const { return ends_[1]; }

  /// What has been written so far: the child has ended, so that is all.
  std::string text() const {
    std::string text(65536, '\0');
    const ssize_t size = read(ends_[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int ends_[2]{-1, -1};
};

void wait_for(pid_t child) {
  while (child > 0 && waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

std::string by_fork(const char* program) {
  const Report report;
  const pid_t child = fork();
  if (child == 0) {
    dup2(report.input(), STDOUT_FILENO);
    execl(program, program, nullptr);
    _exit(127);
  }
  wait_for(child);
  return report.text();
}

std::string by_vfork(const char* program) {
  const Report report;
  const int input = report.input();
  const pid_t child = vfork();
  if (child == 0) {
    dup2(input, STDOUT_FILENO);
    execl(program, program, nullptr);
    _exit(127);
  }
  wait_for(child);
  return report.text();
}

std::string by_posix_spawn(const char* program) {
  const Report report;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, report.input(), STDOUT_FILENO);
  std::string name = program;
  char* const arguments[] = {name.data(), nullptr};
  pid_t child = -1;
  if (posix_spawn(&child, program, &actions, nullptr, arguments, environ) != 0) child = -1;
  posix_spawn_file_actions_destroy(&actions);
  wait_for(child);
  return report.text();
}

std::string by_system(const char* program) {
  const Report report;
  // The shell cannot inherit the pipe, but it can open it: $PPID is this process.
  char command[PATH_MAX + 64];
  std::snprintf(command, sizeof command, "'%s' > /proc/$PPID/fd/%d", program, report.input());
  return system(command) == 0 ? report.text() : "";
}

std::string by_popen(const char* program) {
  char command[PATH_MAX + 2];
  std::snprintf(command, sizeof command, "'%s'", program);
  FILE* const stream = popen(command, "re");
  if (stream == nullptr) return "";
  std::string text;
  for (int c; (c = std::fgetc(stream)) != EOF;) text += static_cast<char>(c);
  return pclose(stream) == 0 ? text : "";
}

constexpr Way all[] = {{"fork", by_fork},
                       {"vfork", by_vfork},
                       {"posix_spawn", by_posix_spawn},
                       {"system", by_system},
                       {"popen", by_popen}};

}  // namespace

std::span<const Way> ways() { return all; }
