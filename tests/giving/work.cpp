// SPDX-License-Identifier: Apache-2.0
//
// What cost.py counts the instructions of.
//
//   giving_work close_range|closefrom TIMES OPEN HIGHEST
//       makes OPEN descriptors and closes all from 3 on, TIMES times; HIGHEST was in use before
//   giving_work dup TIMES OPEN HIGHEST
//       makes them as often, and closes them one by one
//   giving_work close TIMES OPEN HIGHEST
//       closes as many one by one that it has made by raw calls
//   giving_work execv|posix_spawn TIMES OPEN WORDS
//       tries in vain to start a program with so many arguments, with OPEN descriptors to give

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "raw.h"

namespace {

void make(int count) {
  for (int i = 0; i < count; ++i)
    if (dup(0) < 0) abort();
}

void make_unseen(int count) {
  for (int i = 0; i < count; ++i)
    if (raw_call(SYS_dup, 0) < 0) abort();
}

void close_each(int count) {
  for (int fd = 3; fd < 3 + count; ++fd) close(fd);
}

void close_often(const std::string& how, int times, int open_each_time, int highest) {
  if (dup2(0, highest) != highest) abort();
  close(highest);
  for (int i = 0; i < times; ++i) {
    (how == "close" ? make_unseen : make)(open_each_time);
    if (how == "close_range") close_range(3, ~0U, 0);
    if (how == "closefrom") closefrom(3);
    if (how == "dup" || how == "close") close_each(open_each_time);
  }
}

// Is there, or nobody would read the words, and cannot be started.
constexpr const char* no_program = "/dev/null";

void start_often(const std::string& how, int times, int open_before, int count) {
  make(open_before);
  std::vector<std::string> words;
  // Like what announces, and like what does not; none is the number of a descriptor that is open.
  for (int i = 0; i < count; ++i)
    words.push_back((i % 2 == 0 ? "--input-fd=" : "file-") + std::to_string(60000 + i % 5000));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = -1;
  for (int i = 0; i < times; ++i)
    if (how == "execv")
      execv(no_program, arguments.data());
    else
      posix_spawn(&child, no_program, nullptr, nullptr, arguments.data(), environ);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) return 2;
  const std::string how = arguments[1];
  const int times = std::atoi(arguments[2]);
  const int open_then = std::atoi(arguments[3]);
  const int last = std::atoi(arguments[4]);
  if (how == "execv" || how == "posix_spawn")
    start_often(how, times, open_then, last);
  else
    close_often(how, times, open_then, last);
  return 0;
}
