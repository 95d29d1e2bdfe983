// SPDX-License-Identifier: Apache-2.0

#include "trace/call_place.h"

#include <sys/uio.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "trace/proc.h"

namespace cloexec::trace {
namespace {

struct Range {
  Word begin = 0;
  Word end = 0;
};

/// "BEGIN-END r-xp OFFSET DEVICE INODE   PATH" (proc(5)); nothing when it is not to be executed, or cannot be read.
std::optional<Range> executable_in(std::string_view line) {
  Range range;
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, range.begin, 16);
  if (first.ptr == end || *first.ptr != '-') return {};
  const auto last = std::from_chars(first.ptr + 1, end, range.end, 16);
  if (!std::string_view(last.ptr, static_cast<std::size_t>(end - last.ptr)).starts_with(" r-x")) return {};
  return range;
}

/// The vdso, which is small, first.
std::vector<Range> executable_ranges(pid_t task) {
  const std::string maps = read_in_proc(task, "maps");
  std::vector<Range> ranges;
  for (std::string_view rest = maps; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto range = executable_in(line);
    if (range) ranges.insert(line.ends_with("[vdso]") ? ranges.begin() : ranges.end(), *range);
  }
  return ranges;
}

bool is_there(pid_t task, Word address, const CallInstruction& instruction) {
  const auto word = peek(task, address);
  return word && (*word & instruction.mask) == instruction.bytes;
}

std::optional<Word> find_in(pid_t task, const Range& range, const CallInstruction& instruction) {
  constexpr Word most = 1U << 20;
  std::string code(std::min(range.end - range.begin, most), '\0');
  iovec to{code.data(), code.size()};
  iovec from{reinterpret_cast<void*>(range.begin), code.size()};
  const ssize_t got = process_vm_readv(task, &to, 1, &from, 1, 0);
  code.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  std::string bytes(instruction.size, '\0');
  std::memcpy(bytes.data(), &instruction.bytes, bytes.size());
  for (std::size_t at = code.find(bytes); at != std::string::npos; at = code.find(bytes, at + 1))
    if (instruction.size == 2 || at % instruction.size == 0) return range.begin + at;
  return {};
}

}  // namespace

std::optional<Word> find_call_place(pid_t task, const Registers& registers) {
  const CallInstruction instruction = call_instruction(registers.are_narrow());
  for (const Word place : registers.places_of_call())
    if (is_there(task, place, instruction)) return place;
  for (const Range& range : executable_ranges(task))
    if (const auto place = find_in(task, range, instruction)) return place;
  return {};
}

}  // namespace cloexec::trace
