// SPDX-License-Identifier: Apache-2.0
//
// Gives descriptors to one program while other threads start others: who sees them open?
//
//   release_race spawn COUNT    a thread spawns COUNT programs that are told the numbers, three others fork programs
//   that
//                               are not, all the time
//   release_race exec COUNT     the same, but the thread replaces the whole process, COUNT times in a row
//
// Every program that was started says "told 40" or "other 0": how many descriptors above 2 arrived. There are many, so
// that giving them takes a while.

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr char self[] = "/proc/self/exe";
constexpr int threads = 3;
constexpr int first = 3;
constexpr int given = 40;

std::atomic<bool> is_over = false;
std::atomic<int> others = 0;

/// One write, so that lines of several processes do not mix.
void say(const char* who, int arrived) {
  char line[32];
  const int size = std::snprintf(line, sizeof line, "%s %d\n", who, arrived);
  if (write(1, line, static_cast<std::size_t>(size)) != size) abort();
}

int count_arrived() {
  int arrived = 0;
  for (int fd = first; fd < first + 2 * given; ++fd) arrived += fcntl(fd, F_GETFD) >= 0;
  return arrived;
}

/// Opens them, and says which: "--pass-fds=3,4,5,".
std::string open_list() {
  std::string list = "--pass-fds=";
  for (int i = 0; i < given; ++i) list.append(std::to_string(open("/dev/null", O_RDONLY))).append(",");
  return list;
}

void* start_others(void*) {
  while (!is_over) {
    const pid_t child = fork();
    if (child == 0) {
      execl(self, "release_race", "count", "other", nullptr);
      _exit(127);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) abort();
    ++others;
  }
  return nullptr;
}

void begin_others(pthread_t* running) {
  for (int i = 0; i < threads; ++i)
    if (pthread_create(&running[i], nullptr, start_others, nullptr) != 0) abort();
}

void spawn_told(std::string list) {
  char* arguments[] = {const_cast<char*>("release_race"), const_cast<char*>("count"), const_cast<char*>("told"),
                       list.data(), nullptr};
  pid_t child = -1;
  if (posix_spawn(&child, self, nullptr, nullptr, arguments, environ) != 0) abort();
  int status = -1;
  if (waitpid(child, &status, 0) != child || status != 0) abort();
}

void spawn(int count) {
  const std::string list = open_list();
  pthread_t running[threads];
  begin_others(running);
  for (int i = 0; i < count; ++i) spawn_told(list);
  is_over = true;
  for (const pthread_t thread : running) pthread_join(thread, nullptr);
}

/// Children of the threads that this ends live on, and say what they got.
void replace(int count, int arrived) {
  say("told", arrived);
  for (int fd = first; fd < first + given; ++fd) close(fd);
  if (count == 0) return;
  const std::string list = open_list();
  pthread_t running[threads];
  begin_others(running);
  while (others < threads) sched_yield();
  execl(self, "release_race", "exec", std::to_string(count - 1).c_str(), list.c_str(), nullptr);
  abort();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  if (std::strcmp(arguments[1], "count") == 0)
    say(arguments[2], count_arrived());
  else if (std::strcmp(arguments[1], "spawn") == 0)
    spawn(std::atoi(arguments[2]));
  else
    replace(std::atoi(arguments[2]), count_arrived());
}
