// SPDX-License-Identifier: Apache-2.0
//
// Starts a script by a descriptor: of the script, or of the directory that it is in. The kernel gives the interpreter a
// name under /dev/fd, so that the descriptor has to arrive.
//
//   scripts HOW DIRECTORY WHERE [marked]
//
// HOW     execveat (directory and name); or a path, execve of /proc/self/fd/N, /dev/fd/N: file-proc,
//         file-dev, directory-proc, directory-dev; file-empty (AT_EMPTY_PATH), fexecve; spawn-proc, spawn-dev
// WHERE   self, fork, vfork, threads (with a second one)
// marked  the program has marked the descriptor itself

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "starts.h"

namespace {

char name[] = "script";
char word[] = "word";
char* arguments_of_script[] = {name, word, nullptr};

bool is_for(const std::string& how, const char* what) { return how.find(what) != std::string::npos; }

/// Where the kernel says this descriptor is.
std::string path_of(const std::string& how, int fd) {
  const std::string folder = is_for(how, "-dev") ? "/dev/fd/" : "/proc/self/fd/";
  return folder + std::to_string(fd) + (is_for(how, "directory") ? "/script" : "");
}

/// Returns when it could not be started, or has ended.
void start(const std::string& how, int fd) {
  if (how == "execveat") execveat(fd, name, arguments_of_script, environ, 0);
  if (how == "file-empty") execveat(fd, "", arguments_of_script, environ, AT_EMPTY_PATH);
  if (how == "fexecve") fexecve(fd, arguments_of_script, environ);
  const std::string path = path_of(how, fd);
  if (is_for(how, "spawn")) {
    pid_t child = -1;
    errno = posix_spawn(&child, path.c_str(), nullptr, nullptr, arguments_of_script, environ);
    if (errno == 0) _exit(wait_for(child) == 0 ? 0 : 1);
  } else {
    execv(path.c_str(), arguments_of_script);
  }
}

[[noreturn]] void start_or_say(const std::string& how, int fd) {
  start(how, fd);
  const char* const error = strerrorname_np(errno);
  dprintf(1, "%s\n", error);
  _exit(0);
}

void start_in_child(bool forked, const std::string& how, int fd) {
  const pid_t child = forked ? fork() : vfork();
  if (child == 0) start_or_say(how, fd);
  wait_for(child);
}

void begin_thread() {
  pthread_t thread;
  if (pthread_create(
          &thread, nullptr, [](void*) -> void* { return pause(), nullptr; }, nullptr) != 0)
    abort();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const std::string how = arguments[1];
  const std::string directory = arguments[2];
  const std::string where = arguments[3];
  const bool is_directory = how == "execveat" || is_for(how, "directory");
  const int fd =
      open((is_directory ? directory : directory + "/script").c_str(), O_RDONLY | (count > 4 ? O_CLOEXEC : 0));
  if (fd < 0) return 2;
  if (where == "threads") begin_thread();
  if (where == "self" || where == "threads") start_or_say(how, fd);
  start_in_child(where == "fork", how, fd);
  return 0;
}
