// SPDX-License-Identifier: Apache-2.0

#include "cli/system/maker.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "audit/stack.h"
#include "catalogue/call.h"
#include "cli/stacks/object_file.h"
#include "cli/stacks/recorded.h"
#include "cli/stacks/resolve.h"
#include "policy/glob.h"
#include "trace/proc.h"
#include "watch/calls.h"

namespace cloexec::cli {
namespace {

constexpr std::uint64_t page = 4096;

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// Where each file begins in a process: lines are "BEGIN-END PERMISSIONS OFFSET DEVICE INODE   PATH" (proc(5)).
std::map<std::string, std::uint64_t> files_of(int process) {
  std::map<std::string, std::uint64_t> files;
  std::istringstream maps(trace::read_in_proc(process, "maps"));
  for (std::string line; std::getline(maps, line);) {
    const std::size_t path = line.find('/');
    if (path != std::string::npos) files.try_emplace(line.substr(path), std::stoull(line, nullptr, 16));
  }
  return files;
}

/// As a process itself would pack it (audit/stack.h).
void append_module(std::string& modules, const ObjectFile& file, std::uint64_t bias) {
  const audit::Module module{file.begin + bias, file.end + bias, bias, file.build_id,
                             static_cast<std::uint32_t>(file.path.size())};
  modules.append(reinterpret_cast<const char*>(&module), sizeof module).append(file.path);
}

std::string modules_of(int process) {
  std::string modules;
  for (const auto& [path, begin] : files_of(process))
    if (const std::optional<ObjectFile> file = read_object_file(path))
      append_module(modules, *file, begin - (file->begin & ~(page - 1)));
  return modules;
}

/// Of a program whose process is gone this much is known, when it is not moved.
std::string modules_of(const std::string& program) {
  std::string modules;
  if (const std::optional<ObjectFile> file = read_object_file(program); file && file->begin >= page)
    append_module(modules, *file, 0);
  return modules;
}

/// By the name that the catalogue has for it: of "__fopen_internal", in libc's own symbols, "fopen".
std::string call_named(std::string_view function) {
  std::string_view name = function;
  for (const std::string_view prefix : {"__", "_IO_", "new_"})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  for (const std::string_view suffix : {"_internal", "_nocancel"})
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return std::string(place_of(call_names, name) >= 0 ? name : function);
}

bool is_of_libc(const Frame& frame) {
  return frame.module.starts_with("libc.so") || frame.module.starts_with("libpthread") ||
         frame.module.starts_with("ld-musl") || frame.module.starts_with("libc-2");
}

Crossing with_caller(Crossing crossing) {
  Creation& created = crossing.created;
  const auto first = std::find_if_not(created.stack.begin(), created.stack.end(), is_of_libc);
  if (created.stack.empty() || first == created.stack.end()) return crossing;
  if (first != created.stack.begin() && !(first - 1)->function.empty())
    created.call = call_named((first - 1)->function);
  created.stack = Frames(std::vector<Frame>(first, created.stack.end()));
  created.module = created.stack.front().module;
  created.offset = created.stack.front().offset;
  return crossing;
}

}  // namespace

void describe_maker(Creation& created, const watch::Maker& maker, int witness) {
  created.call = watch::name_of_call(maker.call);
  created.pid = maker.pid;
  created.tid = maker.tid;
  created.thread = maker.thread;
  std::string modules = witness != 0 ? modules_of(witness) : std::string();
  // It may have ended since it was found.
  if (modules.empty()) modules = modules_of(created.program);
  if (modules.empty() || maker.stack.empty()) return;
  constexpr audit::Machine machine = audit::Machine::x86_64;
  auto stack = std::make_shared<RecordedStack>();
  stack->read_at = created.read_at = now();
  stack->machine = machine;
  stack->registers = maker.registers;
  stack->caller = maker.registers.back();
  stack->begin = maker.registers[maker.registers.size() - 2];
  stack->end = stack->begin + maker.stack.size();
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= maker.stack.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, maker.stack.data() + at, sizeof word);
    if (word != 0 && word >> 48 == 0) stack->words.push_back(audit::pack(at / sizeof word, word));
  }
  stack->modules = std::move(modules);
  created.recorded = std::move(stack);
}

void name_makers(Report& report) {
  resolve_calls(report, true);
  SharedList<Crossing>::Replaced replaced;
  for (Exec& exec : report.execs) exec.fds.replace_each(replaced, with_caller);
}

}  // namespace cloexec::cli
