// SPDX-License-Identifier: Apache-2.0
//
// Which file a program's name leads to: through PATH as execvp(3) looks, then from script to interpreter as the kernel
// follows #! lines, and env(1) behind them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cloexec::cli {

/// One file giving way to another: `from` is a script whose interpreter is `to`, or env that starts it.
struct Step {
  enum class Why : std::uint8_t { script, shell, env } why;
  std::string from;
  std::string to;
};

struct Location {
  std::string path;   // where the program was found
  std::string image;  // what is loaded in the end: the same when it is no script
  std::vector<Step> steps;
  bool is_readable = true;
};

/// Where execvp(3) finds a program, through PATH when its name has no slash.
struct Found {
  std::string path;  // the name itself where it finds none
  int obstacle = 0;  // why the kernel would not execute it, an errno value; 0 when it would look into it
};

Found find_program(const std::string& program);

/// Throws with the file's name when there is nothing that could be executed.
Location locate(const std::string& program);

/// Why the kernel would not execute `path` whatever it holds, an errno value; 0 when it would look into it.
int obstacle_to(const std::string& path);

/// Opens a regular file, never waiting for anything; -1 with errno otherwise.
int open_regular(const std::string& path);

}  // namespace cloexec::cli
