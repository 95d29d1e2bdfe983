// SPDX-License-Identifier: Apache-2.0

#include "starts.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace {

using Spawn = decltype(posix_spawn);

/// The variadic functions get at most this many words; what is not given is the null that ends the list.
constexpr std::size_t most_words = 4;

int spawn(Spawn* function, const std::string& program, char* const* arguments) {
  pid_t child = -1;
  const int error = function(&child, program.c_str(), nullptr, nullptr, arguments, environ);
  if (error != 0) {
    errno = error;
    return -1;
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return 0;
}

int start_by_descriptor(const std::string& program, char* const* arguments, auto function) {
  const int fd = open(program.c_str(), O_RDONLY);
  if (fd < 0) return -1;
  const int result = function(fd, arguments);
  const int error = errno;
  close(fd);
  errno = error;
  return result;
}

}  // namespace

int start(const std::string& how, const std::string& program, const std::vector<std::string>& words) {
  std::vector<char*> arguments = {const_cast<char*>(program.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.resize(arguments.size() + most_words, nullptr);
  char** const a = arguments.data();
  const char* const path = a[0];
  if (how == "execve") return execve(path, a, environ);
  if (how == "execv") return execv(path, a);
  if (how == "execvp") return execvp(path, a);
  if (how == "execvpe") return execvpe(path, a, environ);
  if (how == "execl") return execl(path, a[0], a[1], a[2], a[3], a[4], nullptr);
  if (how == "execlp") return execlp(path, a[0], a[1], a[2], a[3], a[4], nullptr);
  if (how == "execle")
    return words.size() == 1 ? execle(path, a[0], a[1], nullptr, environ)
                             : execle(path, a[0], a[1], a[2], a[3], nullptr, environ);
  if (how == "execveat") return execveat(AT_FDCWD, path, a, environ, 0);
  if (how == "execveat-or-empty") return execveat(AT_FDCWD, path, a, environ, AT_EMPTY_PATH);
  if (how == "execveat-empty")
    return start_by_descriptor(
        program, a, [](int fd, char* const* list) { return execveat(fd, "", list, environ, AT_EMPTY_PATH); });
  if (how == "fexecve")
    return start_by_descriptor(program, a, [](int fd, char* const* list) { return fexecve(fd, list, environ); });
  if (how == "posix_spawn") return spawn(posix_spawn, program, a);
  if (how == "posix_spawnp") return spawn(posix_spawnp, program, a);
  errno = EDOM;  // no such way
  return -1;
}
