// SPDX-License-Identifier: Apache-2.0
//
// Runs a program for a test, with an environment of the test's own, and keeps what it printed. The test itself is never
// preloaded.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/close_range.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

struct Ran {
  std::string out;
  std::string err;
  int status = 0;
};

inline std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
  close(fd);
  return text;
}

inline std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& each : strings) out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

/// Runs `words` with this environment and nothing but 0 to 2 open.
inline Ran run(std::vector<std::string> words, std::vector<std::string> environment) {
  // What this test was given itself, by ctest or a shell, is not to be given on.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  int out[2];
  int err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) ADD_FAILURE() << "pipe2";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  pid_t child = -1;
  EXPECT_EQ(
      posix_spawn(&child, words[0].c_str(), &actions, nullptr, pointers(words).data(), pointers(environment).data()),
      0);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  close(err[1]);
  Ran ran{read_all(out[0]), read_all(err[0]), 0};
  waitpid(child, &ran.status, 0);
  return ran;
}
