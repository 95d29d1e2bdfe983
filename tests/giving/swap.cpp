// SPDX-License-Identifier: Apache-2.0
//
// One thread has, at one number, a file that the shim forces and a secret that the program marked itself, in turn, all
// the while; another starts programs that are told the number. Between what a starter reads about the number and what
// its child gets, the one can have become the other: nothing may come of it that bare would not give.
//
//   swap TURN WAY COUNT    prints "starts=300 failed=0 nothing=120 forced=180 secret=0"
//
// TURN   open: closed, and opened anew; stream: by fclose and fopen; onto: put onto each other, the number never free;
//        careless: as open, but nobody marks the secret, which shows that it would be seen
// WAY    as starts.h has them; in `exec` and `thread` a forked worker has the two threads

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr char self[] = "/proc/self/exe";
constexpr char forced[] = "/etc/passwd";
constexpr char secret[] = "/etc/group";
enum Seen { nothing, the_forced, the_secret, failed, kinds };

int number = -1;
std::atomic<bool> is_over = false;
std::atomic<int> turns = 0;
constexpr int period = 1024;

/// Long enough that a starter meets each, short enough that it meets the change.
void hold() {
  for (int i = 0; i < 1000; ++i) asm volatile("");
}

/// The forced file is there now and then for as long as a start takes: that start has nothing to doubt.
void hold_forced() {
  if (++turns % period == 0) usleep(2000);
  hold();
}

void turn_by_open(int flags) {
  const int first = open(forced, O_RDONLY);
  hold_forced();
  close(first);
  const int second = open(secret, O_RDONLY | flags);
  hold();
  close(second);
}

void turn_by_stream() {
  FILE* const first = std::fopen(forced, "r");
  hold_forced();
  std::fclose(first);
  FILE* const second = std::fopen(secret, "re");
  hold();
  std::fclose(second);
}

/// From high numbers, which the child does not look at.
void turn_onto() {
  static const int open_file = fcntl(open(forced, O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 100);
  static const int open_secret = fcntl(open(secret, O_RDONLY | O_CLOEXEC), F_DUPFD_CLOEXEC, 100);
  dup2(open_file, number);
  hold_forced();
  dup3(open_secret, number, O_CLOEXEC);
  hold();
}

void* take_turns(void* how) {
  const std::string& turn = *static_cast<const std::string*>(how);
  while (!is_over) {
    if (turn == "open") turn_by_open(O_CLOEXEC);
    if (turn == "careless") turn_by_open(0);
    if (turn == "stream") turn_by_stream();
    if (turn == "onto") turn_onto();
  }
  return nullptr;
}

bool is_file(const struct stat& found, const char* path) {
  struct stat wanted;
  return stat(path, &wanted) == 0 && wanted.st_dev == found.st_dev && wanted.st_ino == found.st_ino;
}

Seen look(int fd) {
  struct stat found;
  if (fstat(fd, &found) != 0) return nothing;
  return is_file(found, forced) ? the_forced : is_file(found, secret) ? the_secret : failed;
}

char* told[] = {
    const_cast<char*>("swap"), const_cast<char*>("look"), nullptr, const_cast<char*>("--pass-fd"), nullptr, nullptr};

[[noreturn]] void exec_told() {
  execv(self, told);
  _exit(failed);
}

pid_t spawn_told(bool has_actions) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  pid_t child = -1;
  const int error = posix_spawn(&child, self, has_actions ? &actions : nullptr, nullptr, told, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : -1;
}

pthread_t begin(void* (*body)(void*), void* argument) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, body, argument) != 0) abort();
  return thread;
}

/// A worker of its own, since the exec ends it: after some turns, another number of them each time; every fourth
/// while the forced file stays.
pid_t worker(std::string& turn, bool is_second_thread, int delay) {
  const pid_t child = fork();
  if (child != 0) return child;
  const bool is_held = delay % 4 == 0;
  turns = is_held ? period - 1 : 0;
  begin(take_turns, &turn);
  while (turns < (is_held ? period : 1 + delay % 50)) sched_yield();
  if (!is_second_thread) exec_told();
  pthread_join(begin([](void*) -> void* { exec_told(); }, nullptr), nullptr);
  _exit(failed);
}

pid_t start(const std::string& way) {
  if (way == "spawn" || way == "actions") return spawn_told(way == "actions");
  const pid_t child = way == "fork" ? fork() : vfork();
  if (child == 0) exec_told();
  return child;
}

Seen outcome_of(pid_t child) {
  int status = -1;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) < failed ? static_cast<Seen>(WEXITSTATUS(status))
                                                                        : failed;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  if (std::string(arguments[1]) == "look") return look(std::atoi(arguments[2]));
  std::string turn = arguments[1];
  const std::string way = arguments[2];
  const int starts = std::atoi(arguments[3]);
  const bool is_worker = way == "exec" || way == "thread";
  number = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(number);
  std::string digits = std::to_string(number);
  told[2] = told[4] = digits.data();
  if (!is_worker) begin(take_turns, &turn);
  int seen[kinds] = {};
  for (int i = 0; i < starts; ++i) ++seen[outcome_of(is_worker ? worker(turn, way == "thread", i) : start(way))];
  is_over = true;
  std::printf("starts=%d failed=%d nothing=%d forced=%d secret=%d\n", starts, seen[failed], seen[nothing],
              seen[the_forced], seen[the_secret]);
  return 0;
}
