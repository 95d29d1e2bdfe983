// SPDX-License-Identifier: Apache-2.0
//
// Does what its arguments say, one after the other, for the tests of rules: makes descriptors by path, from a module,
// in a signal handler, in each kind of child, and starts programs in each way. It prints a line for each: "open 3 1" is
// descriptor 3 with FD_CLOEXEC, "open -1 ENOENT" a failure, "arrived 3 5" what a started program was given.
//
//   VERB[:ARGUMENT]      one thing to do
//   fork|vfork|clone|borrow|thread ... end   the verbs up to `end` in such a child or thread, which is waited for

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "marks.h"
#include "oddities.h"
#include "receives.h"
#include "starts.h"

namespace {

using Words = std::vector<std::string>;

void say(const std::string& line) {
  if (write(1, (line + "\n").c_str(), line.size() + 1) < 0) abort();
}

void say_made(const std::string& verb, int fd) {
  const std::string what = fd < 0 ? strerrorname_np(errno) : std::to_string(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  say(verb + ' ' + std::to_string(fd) + ' ' + what);
}

int opened_how(const char* path) {
  open_how how = {.flags = O_RDONLY, .mode = 0, .resolve = 0};
  return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

/// The calls that are given a path.
int made_by_path(const std::string& verb, std::string path) {
  if (verb == "open") return open(path.c_str(), O_RDONLY);
  if (verb == "fopen-cloexec") return fileno(fopen(path.c_str(), "re"));
  if (verb == "open-cloexec") return open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (verb == "openat") return openat(AT_FDCWD, path.c_str(), O_RDONLY);
  if (verb == "creat") return creat(path.c_str(), 0600);
  if (verb == "fopen") return fileno(fopen(path.c_str(), "r"));
  if (verb == "freopen") return fileno(freopen(path.c_str(), "r", fopen("/dev/zero", "r")));
  if (verb == "mkstemp") return mkstemp(path.data());
  if (verb == "mkostemp") return mkostemp(path.data(), O_APPEND);
  if (verb == "mkstemps") return mkstemps(path.data(), 0);
  if (verb == "syscall-open") return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY));
  if (verb == "syscall-openat2") return opened_how(path.c_str());
  if (verb == "opendir") {
    DIR* const directory = opendir(path.c_str());
    return directory != nullptr ? dirfd(directory) : -1;
  }
  return -2;
}

char* program_name = nullptr;
int opened_in_handler = -1;

int in_handler(void (*handler)(int), const int* opened) {
  signal(SIGUSR1, handler);
  raise(SIGUSR1);
  return *opened;
}

int made_by_module(const std::string& verb) {
  static void* const module = dlopen(MODULE, RTLD_NOW);
  if (module == nullptr) abort();
  if (verb == "module") return reinterpret_cast<int (*)()>(dlsym(module, "open_in_module"))();
  return in_handler(reinterpret_cast<void (*)(int)>(dlsym(module, "open_in_handler")),
                    static_cast<int*>(dlsym(module, "opened_in_handler")));
}

int made(const std::string& verb, const std::string& argument) {
  const int number = std::atoi(argument.c_str());
  if (verb == "socket") return socket(AF_UNIX, SOCK_STREAM, 0);
  if (verb == "pipe") {
    int ends[2];
    return pipe(ends) == 0 ? ends[0] : -1;
  }
  if (verb == "memfd") return memfd_create("probe", 0);
  if (verb == "dup") return dup(number);
  if (verb == "dup2") return dup2(1, number);
  if (verb == "dup3") return dup3(1, number, 0);
  if (verb == "syscall-dup3") return static_cast<int>(syscall(SYS_dup3, 1, number, 0));
  if (verb == "syscall-dup3-cloexec") return static_cast<int>(syscall(SYS_dup3, 1, number, O_CLOEXEC));
  if (verb == "dup2-cloexec") return dup3(1, number, O_CLOEXEC);
  if (verb == "dup2-same") return dup2(number, number);
  if (const int fd = make_marked(verb, number); fd != -2) return fd;
  if (const int fd = make_oddly(verb, argument.empty() ? "/dev/null" : argument, number); fd != -2) return fd;
  if (verb == "flag") return number;
  if (verb == "module" || verb == "module-handler") return made_by_module(verb);
  if (verb == "handler") return in_handler([](int) { opened_in_handler = open("/dev/null", 0); }, &opened_in_handler);
  return made_by_path(verb, argument.empty() ? "/dev/null" : argument);
}

/// Calls itself something else, where the kernel has put its name.
bool overwrite_name(const std::string& name) {
  std::memcpy(program_name, name.c_str(), name.size() + 1);
  return true;
}

/// Execs a script that only execvp(3) can start, with so many arguments.
bool start_many(const std::string& how, const std::string& program, int count) {
  return start(how, program, Words(static_cast<std::size_t>(count), "x")) == 0;
}

/// Those that print nothing.
bool has_done(const std::string& verb, const std::string& argument) {
  const int number = std::atoi(argument.c_str());
  if (verb == "close") return close(number) == 0;
  if (verb == "mark-by-number") return syscall(SYS_fcntl, number, F_SETFD, FD_CLOEXEC) == 0;
  if (verb == "mark") return fcntl(number, F_SETFD, FD_CLOEXEC) == 0;
  if (verb == "mark-by-ioctl") return ioctl(number, FIOCLEX) == 0;
  if (verb == "mark-range") return close_range(static_cast<unsigned>(number), ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (verb == "mark-range-by-number") return syscall(SYS_close_range, number, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (verb == "closefrom") {
    closefrom(number);
    return true;
  }
  if (do_oddly(verb, argument)) return true;
  if (verb == "title") return overwrite_name(argument);
  if (verb == "many") return start_many("execvp", SCRIPT_WITHOUT_INTERPRETER, number);
  if (verb == "up-to") {
    // By a call that is never forced: all lower numbers are taken then.
    while (syscall(SYS_pidfd_open, getpid(), 0) < number - 1) continue;
    return true;
  }
  if (verb == "clear") return fcntl(number, F_SETFD, 0) == 0;
  if (verb == "setenv") return putenv(strdup(argument.c_str())) == 0;  // NOLINT: the environment keeps it
  if (verb == "second-thread") {
    pthread_t thread;
    return pthread_create(
               &thread, nullptr, [](void*) -> void* { return pause(), nullptr; }, nullptr) == 0;
  }
  return false;
}

Words split(const std::string& text) {
  Words words(1);
  for (const char c : text)
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

/// "start:execv" starts this program to say what arrived, "start:execv --status-fd 7" tells it more, and
/// "start:execv=PROGRAM word" starts another.
bool has_started(const std::string& verb, const std::string& argument) {
  if (verb != "start") return false;
  Words words = split(argument);
  std::string how = words[0];
  const auto equals = how.find('=');
  const std::string program = equals == std::string::npos ? std::string("/proc/self/exe") : how.substr(equals + 1);
  how.resize(std::min(equals, how.size()));
  words[0] = "arrived";
  if (start(how, program, words) != 0) say_made("start " + how, -1);
  return true;
}

/// What no program would write, but the kernel has an answer to.
void start_nothing() {
  // Volatile, or the compiler would know.
  const char* volatile const nothing = nullptr;
  char* const* volatile const none = nullptr;
  // NOLINTBEGIN(clang-analyzer-core.NonNullParamChecker)
  say_made("execve of null", execve(nothing, none, none));
  say_made("execv of null", execv(nothing, none));
  say_made("execve without arguments", execve("/nonexistent", none, none));
  char* empty[] = {nullptr};
  say_made("execve of no words", execve("/nonexistent", empty, environ));
  say_made("execveat of null", execveat(-1, nothing, none, none, AT_EMPTY_PATH));
  say_made("execveat of a file", execveat(3, "", none, none, AT_EMPTY_PATH));
  say_made("fexecve of a file", fexecve(3, none, none));
  // NOLINTEND(clang-analyzer-core.NonNullParamChecker)
}

void say_what_arrived() {
  DIR* const directory = opendir("/proc/self/fd");
  std::set<int> found;
  while (const dirent* const entry = readdir(directory)) found.insert(std::atoi(entry->d_name));
  std::string line = "arrived";
  for (const int fd : found)
    if (fd > 2 && fd != dirfd(directory)) line.append(" ").append(std::to_string(fd));
  closedir(directory);
  say(line);
}

bool has_received(const std::string& verb) {
  if (verb.find("recv") == std::string::npos) return false;
  for (const int fd : receive(verb)) say_made(verb, fd);
  return true;
}

void run(const Words& words, std::size_t begin, std::size_t end);

struct Range {
  const Words& words;
  std::size_t begin;
  std::size_t end;
};

int run_range(void* range) {
  const auto& [words, begin, end] = *static_cast<const Range*>(range);
  run(words, begin, end);
  return 0;
}

/// In a child that has its own memory, or borrows ours.
void run_in_clone(Range range, int flags) {
  constexpr std::size_t size = 1 << 20;
  void* const stack = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) abort();
  const pid_t child = clone(run_range, static_cast<char*>(stack) + size, flags | SIGCHLD, &range);
  if (waitpid(child, nullptr, 0) != child) abort();
}

void run_in_thread(Range range) {
  pthread_t thread;
  const auto body = [](void* argument) -> void* { return run_range(argument), nullptr; };
  if (pthread_create(&thread, nullptr, body, &range) != 0) abort();
  pthread_join(thread, nullptr);
}

void run_in_child(bool is_fork, Range range) {
  const pid_t child = is_fork ? fork() : vfork();
  if (child == 0) {
    run_range(&range);
    _exit(0);
  }
  if (child < 0) return say_made(is_fork ? "fork" : "vfork", -1);
  if (waitpid(child, nullptr, 0) != child) abort();
}

bool is_elsewhere(const std::string& verb) {
  return verb == "fork" || verb == "vfork" || verb == "clone" || verb == "borrow" || verb == "share" ||
         verb == "thread";
}

void run_elsewhere(const std::string& verb, Range range) {
  if (verb == "clone") return run_in_clone(range, 0);
  if (verb == "borrow") return run_in_clone(range, CLONE_VM | CLONE_VFORK);
  if (verb == "share") return run_in_clone(range, CLONE_VM);
  if (verb == "thread") return run_in_thread(range);
  run_in_child(verb == "fork", range);
}

/// Where the `end` of the child or thread is whose verbs begin at `at`.
std::size_t end_of(const Words& words, std::size_t at) {
  for (int depth = 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (is_elsewhere(word)) ++depth;
    if (word == "end" && --depth == 0) return at;
  }
  abort();
}

void run(const Words& words, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const auto colon = words[i].find(':');
    const std::string verb = words[i].substr(0, colon);
    const std::string argument = colon == std::string::npos ? "" : words[i].substr(colon + 1);
    if (is_elsewhere(verb)) {
      const std::size_t behind = end_of(words, i + 1);
      run_elsewhere(verb, {words, i + 1, behind});
      i = behind;
    } else if (verb == "null-starts") {
      start_nothing();
    } else if (!has_done(verb, argument) && !has_started(verb, argument) && !has_received(verb)) {
      say_made(verb, made(verb, argument));
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  program_name = arguments[0];
  Words words(arguments + 1, arguments + count);
  // A script is given its own path first.
  if (!words.empty() && words[0][0] == '/') words.erase(words.begin());
  if (!words.empty() && words[0] == "arrived")
    say_what_arrived();
  else
    run(words, 0, words.size());
}
