// SPDX-License-Identifier: Apache-2.0
//
// A daemon with a second thread and a descriptor at each number from 3 to 30 runs the commands of a file, whose
// arguments are full of such numbers; what runs is the lister, under the command's name. Prints what got anything, and
// "commands=70 given=0".
//
//   daemon COMMANDS WAY      WAY: fork, vfork, spawn (its output by file actions), popen (by a shell)

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

constexpr int highest = 30;

Words split(const std::string& line) {
  std::istringstream text(line);
  Words words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

pid_t start(const std::string& way, int output, char* const* arguments) {
  if (way == "spawn") {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    pid_t child = -1;
    const int error = posix_spawn(&child, LISTER, &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? child : -1;
  }
  const pid_t child = way == "vfork" ? vfork() : fork();
  if (child == 0) {
    dup2(output, 1);
    execv(LISTER, arguments);
    _exit(127);
  }
  return child;
}

std::string answer(const std::string& way, Words words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = start(way, ends[1], arguments.data());
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return text;
}

std::string answer_by_shell(const Words& words) {
  std::string command = LISTER;
  for (std::size_t i = 1; i < words.size(); ++i) command.append(" '").append(words[i]).append("'");
  FILE* const stream = popen(command.c_str(), "re");
  std::string text;
  for (int c; (c = std::fgetc(stream)) != EOF;) text += static_cast<char>(c);
  pclose(stream);
  return text;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  std::ifstream file(arguments[1]);
  std::vector<Words> commands;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with('#')) commands.push_back(split(line));
  file.close();
  while (open("/etc/passwd", O_RDONLY) < highest) continue;
  pthread_t thread;
  pthread_create(
      &thread, nullptr, [](void*) -> void* { return pause(), nullptr; }, nullptr);
  const std::string way = arguments[2];
  int given = 0;
  for (const Words& words : commands) {
    const std::string said = way == "popen" ? answer_by_shell(words) : answer(way, words);
    if (said == "arrived\n") continue;
    ++given;
    for (const std::string& word : words) std::printf("%s ", word.c_str());
    std::printf("%s", said.c_str());
  }
  std::printf("commands=%zu given=%d\n", commands.size(), given);
  return 0;
}
