// SPDX-License-Identifier: Apache-2.0
//
// What an audit found: every exec, and the descriptors above 2 that crossed it. The formats are made from this, and
// JSON is read back into it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cloexec::cli {

/// Why a descriptor could cross.
enum class Class {
  leak,        // nobody asked for it
  exempt,      // a rule or the allowlist keeps it inheritable
  by_program,  // "explicit": the program cleared the flag itself
  foreign,     // it was there before the audited program started
};

/// "leak", "exempt", "explicit", "foreign".
std::string_view name_of(Class what);

/// Who made a descriptor. Unknown where nothing was recorded: the strings are empty, the numbers 0.
struct Creation {
  std::string call;          // the function: "fopen"
  std::string program;       // the executable's path
  std::string module;        // base name of the object that made the call: "libcrypto.so.3"
  std::uint64_t offset = 0;  // of the call in that object
  int pid = 0;
  int tid = 0;
  std::string when;  // "parent" or "child"
};

struct Crossing {
  int fd = -1;
  std::string object;  // "file", "directory", "device", "socket", "pipe", or what the kernel calls it: "eventpoll"
  std::string target;  // a path, a socket's addresses, a pipe with its other end
  Class what = Class::leak;
  std::string rule;  // of class exempt: the rule, or the variable that allowed it
  Creation created;
  std::string announced_by = {};  // the word that told the program its number, where the rule asks for one
};

struct Exec {
  int pid = 0;
  int ppid = 0;
  std::string program;  // the path of what was started
  std::string argv0;
  bool has_shim = true;  // false: the shim could not enter it, and nothing is known of what it did and started
  std::vector<Crossing> fds;
  std::string call = {};  // the function that started it: "execve", "system"; empty when that was not seen
};

struct Report {
  std::vector<std::string> command;
  std::string mode = "observe";
  std::vector<Exec> execs;
  std::uint64_t lost = 0;  // records that had no room, or could not be read
};

struct Summary {
  std::size_t execs = 0;
  std::size_t crossed = 0;
  std::size_t leaks = 0;
};

Summary summary_of(const Report& report);

/// One of `--format`.
std::string as_text(const Report& report, unsigned width, bool with_colours);
std::string as_json(const Report& report);
std::string as_html(const Report& report);
std::string as_sarif(const Report& report);

/// Throws std::runtime_error that names the place when `text` is no audit of version 1.
Report report_from_json(const std::string& text);

}  // namespace cloexec::cli
