// SPDX-License-Identifier: Apache-2.0
//
// What an audit found: every exec, and the descriptors above 2 that crossed it. The formats are made from this, and
// JSON is read back into it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cli/audit/frame.h"
#include "cli/audit/shared_list.h"

namespace cloexec::cli {

/// Why a descriptor could cross.
enum class Class {
  leak,        // nobody asked for it
  exempt,      // a rule or the allowlist keeps it inheritable
  by_program,  // "explicit": the program cleared the flag itself
  foreign,     // it was there before the audited program started
  withheld,    // the shim has kept it back: bare it would have crossed
};

/// All of them.
inline constexpr std::array classes = {Class::leak, Class::exempt, Class::by_program, Class::foreign, Class::withheld};

/// "leak", "exempt", "explicit", "foreign", "withheld".
std::string_view name_of(Class what);

struct RecordedStack;

/// Who made a descriptor. Unknown where nothing was recorded: the strings are empty, the numbers 0.
struct Creation {
  std::string call;          // the function: "fopen"
  std::string program;       // the executable's path
  std::string module;        // base name of the object that made the call: "libcrypto.so.3"
  std::uint64_t offset = 0;  // of the call in that object
  int pid = 0;
  int tid = 0;
  std::string when;         // "parent" or "child"
  std::string thread = {};  // what it is called
  Frames stack = {};        // the innermost call alone without --stacks
  // What the stack is found from, as the process has left it; and when that was read: nanoseconds since the Epoch.
  std::shared_ptr<const RecordedStack> recorded = {};
  std::int64_t read_at = 0;
  std::uint32_t build_id = 0;  // the first bytes of the module's, as it is mapped

  /// But for when it was read: what a process does again is the same.
  bool operator==(const Creation& other) const {
    const auto all = [](const Creation& one) {
      return std::tie(one.call, one.program, one.module, one.offset, one.pid, one.tid, one.when, one.thread, one.stack,
                      one.recorded, one.build_id);
    };
    return all(*this) == all(other);
  }
};

struct Crossing {
  int fd = -1;
  std::string object;  // "file", "directory", "device", "socket", "pipe", or what the kernel calls it: "eventpoll"
  std::string target;  // a path, a socket's addresses, a pipe with its other end
  Class what = Class::leak;
  std::string rule;  // of class exempt: the rule, or the variable that allowed it
  Creation created;
  std::string announced_by = {};         // the word that told the program its number, where the rule asks for one
  std::optional<Creation> cleared = {};  // of class explicit: who cleared the flag, where that was told

  // Of class withheld:
  std::string missed_by = {};  // the call by which the program has used the number all the same; empty when none has
  std::string remedy = {};     // the narrowest rule that gives it to a program that needs it; empty when there is none

  bool operator==(const Crossing&) const = default;
};

/// Whether a program has missed it and did more with the number than to close it, as daemons do with all.
bool is_needed(const Crossing& crossing);

struct Exec {
  int pid = 0;
  int ppid = 0;
  std::string program;  // the path of what was started
  std::string argv0;
  bool has_shim = true;  // false: the shim could not enter it, and who made what it has is not known
  SharedList<Crossing> fds;
  std::string call = {};      // the function that started it: "execve", "system"; empty when that was not seen
  std::string obstacle = {};  // what kept the shim out: see obstacle.h; empty when nothing did, or that is not known
  std::vector<std::string> argv = {};  // empty when it ended before that could be read
  std::int64_t time = 0;               // milliseconds since the Epoch when it was seen to start; 0: unknown

  // Without the shim: what it got was seen from outside, as is what it starts. False: nothing is known of either.
  bool is_watched = false;

  // Of an audit of the whole machine; empty elsewhere, and where there is none:
  std::string unit = {};       // systemd's: "nginx.service"
  std::string user = {};       // by name
  std::string container = {};  // see container_in
};

/// Whether it is not known what it got and starts.
bool is_unseen(const Exec& exec);

/// What an entry of a baseline has accepted.
struct Acceptance {
  std::string entry;  // as a line
  std::string reason;
  std::size_t times = 0;  // 0: it no longer occurs
};

struct BaselineUse {
  std::string path;
  std::vector<Acceptance> entries;
};

struct Report {
  std::vector<std::string> command;
  std::string mode = "observe";  // or "enforce"; "system" of the whole machine, where no program has the shim
  std::vector<Exec> execs;
  std::uint64_t lost = 0;  // records that had no room, or could not be read
  std::string source_root = {};
  std::optional<BaselineUse> baseline = {};
  std::uint64_t lost_stacks = 0;  // call stacks that had no room
  std::string unwatched = {};     // why nothing was seen from outside, where that was wanted
};

struct Summary {
  std::size_t execs = 0;
  std::size_t crossed = 0;
  std::size_t leaks = 0;
  std::size_t unseen = 0;    // programs that nothing could look into
  std::size_t watched = 0;   // programs that were seen from outside alone
  std::size_t distinct = 0;  // of the leaks, by what they are (Identity)
  std::size_t accepted = 0;  // entries of the baseline that have accepted something
  std::size_t gone = 0;      // those that no longer occur
  std::size_t withheld = 0;  // not among those that crossed
  std::size_t needed = 0;    // of these
};

Summary summary_of(const Report& report);

/// Whether all could be seen: only then is no leak none.
bool is_whole(const Report& report);

/// One of `--format`.
std::string as_text(const Report& report, unsigned width, bool with_colours);
std::string as_json(const Report& report);
std::string as_html(const Report& report);
std::string as_sarif(const Report& report);
std::string as_junit(const Report& report);

/// Throws std::runtime_error that names the place when `text` is no audit of version 1.
Report report_from_json(const std::string& text);

}  // namespace cloexec::cli
