// SPDX-License-Identifier: Apache-2.0

#include "starts.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace {

using Arguments = std::vector<char*>;

int exec_lister(void* arguments) {
  execv(LISTER, static_cast<Arguments*>(arguments)->data());
  _exit(127);
}

int by_vfork(Arguments& arguments) {
  const pid_t child = vfork();
  if (child == 0) exec_lister(&arguments);
  return child;
}

int by_fork(Arguments& arguments) {
  const pid_t child = fork();
  if (child == 0) exec_lister(&arguments);
  return child;
}

/// As glibc's own posix_spawn does it.
int by_clone(Arguments& arguments) {
  constexpr std::size_t size = 1 << 18;
  void* const stack = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return -1;
  return clone(exec_lister, static_cast<char*>(stack) + size, CLONE_VM | CLONE_VFORK | SIGCHLD, &arguments);
}

int by_thread(Arguments& arguments) {
  const pid_t child = fork();
  if (child != 0) return child;
  pthread_t thread;
  const auto body = [](void* list) -> void* { return exec_lister(list), nullptr; };
  if (pthread_create(&thread, nullptr, body, &arguments) == 0) pthread_join(thread, nullptr);
  _exit(127);
}

int by_spawn(Arguments& arguments, bool has_actions) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  pid_t child = -1;
  const int error = posix_spawn(&child, LISTER, has_actions ? &actions : nullptr, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : -1;
}

int start(const std::string& way, Arguments& arguments) {
  if (way == "fork") return by_fork(arguments);
  if (way == "vfork") return by_vfork(arguments);
  if (way == "clone") return by_clone(arguments);
  if (way == "thread") return by_thread(arguments);
  if (way == "spawn" || way == "actions") return by_spawn(arguments, way == "actions");
  if (way == "exec") exec_lister(&arguments);
  return -1;
}

}  // namespace

std::vector<std::string> words_for_lister(const std::vector<int>& numbers) {
  std::vector<std::string> words = {"lister"};
  for (const int each : numbers) words.insert(words.end(), {"--status-fd", std::to_string(each)});
  return words;
}

int wait_for(int child) {
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

bool start_lister(const std::string& way, const std::vector<int>& numbers) {
  std::vector<std::string> words = words_for_lister(numbers);
  Arguments arguments;
  for (std::string& each : words) arguments.push_back(each.data());
  arguments.push_back(nullptr);
  const int child = start(way, arguments);
  return child > 0 && wait_for(child) == 0;
}
