// SPDX-License-Identifier: Apache-2.0

#include "supervise/injection.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "trace/proc.h"
#include "trace/vdso.h"

namespace cloexec::supervise {
namespace {

/// What a filter of seccomp(2) that does not know the call answers; a kernel before 5.9 says ENOSYS.
constexpr bool is_refused(long result) { return result == -ENOSYS || result == -EPERM || result == -EINVAL; }

/// close(2): whatever else it says, the number is free.
constexpr bool has_closed(long result) { return !is_refused(result) && result != -EACCES; }

bool is_filtered(pid_t task) {
  // proc(5): "Seccomp:\t2" is a filter.
  return read_in_proc(task, "status").find("\nSeccomp:\t0") == std::string::npos;
}

std::vector<Range> single_ranges(const std::vector<int>& numbers) {
  std::vector<Range> ranges;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) ranges.push_back({*number, *number});
  return ranges;
}

}  // namespace

std::vector<Range> ranges_of(const std::vector<int>& closed, const std::vector<int>& kept) {
  std::vector<Range> ranges;
  auto next_kept = kept.begin();
  int next_bound = -1;
  for (const int number : closed) {
    if (next_bound < number) {
      next_kept = std::lower_bound(next_kept, kept.end(), number);
      next_bound = next_kept != kept.end() ? *next_kept : INT_MAX;
      ranges.push_back({number, number});
    }
    ranges.back().last = number;
  }
  return ranges;
}

Injection::Injection(std::vector<int> closed, const std::vector<int>& kept, Word vdso)
    : closed_(std::move(closed)), ranges_(ranges_of(closed_, kept)), vdso_(vdso) {
  std::reverse(ranges_.begin(), ranges_.end());
}

bool Injection::advance(pid_t task) {
  switch (at_) {
    case At::end_of_exec:
      return begin(task);
    case At::beginning:
      at_ = At::end;
      return true;
    case At::end:
      judge_result(task);
      return arrange_next(task) || finish(task);
  }
  return false;
}

bool Injection::begin(pid_t task) {
  if (!original_.read(task)) {
    left_ = closed_;
    return false;
  }
  has_filters_suspended_ = suspend_filters(task, true);
  // Whoever wrote the filter thought of close(2), which every loader calls.
  if (!has_filters_suspended_ && is_filtered(task)) ranges_ = single_ranges(closed_);
  prepared_ = original_;
  choose_way(task);
  return arrange_next(task) || finish(task);
}

void Injection::choose_way(pid_t task) {
  const bool is_narrow = original_.are_narrow();
  const std::optional<Gadget> gadget = vdso_ != 0 ? gadget_in_vdso(task, vdso_, is_narrow) : std::nullopt;
  if (gadget && prepared_.return_here(task, *gadget)) {
    call_at_ = vdso_ + gadget->offset;
    return;
  }
  // A kernel without a vdso: at the program's own first instruction, for a moment.
  call_at_ = original_.program_counter();
  overwritten_ = peek(task, call_at_);
  const CallInstruction instruction = call_instruction(is_narrow);
  if (overwritten_) poke(task, call_at_, (*overwritten_ & ~instruction.mask) | instruction.bytes);
}

bool Injection::arrange_next(pid_t task) {
  if (ranges_.empty()) return false;
  const Range& range = ranges_.back();
  const bool is_one = range.first == range.last;
  const auto first = static_cast<Word>(range.first);
  if (is_one)
    prepared_.prepare({InjectedCall::close, first}, call_at_);
  else
    prepared_.prepare({InjectedCall::close_range, first, static_cast<Word>(range.last)}, call_at_);
  at_ = At::beginning;
  return prepared_.write(task);
}

void Injection::judge_result(pid_t task) {
  Registers registers;
  const Range range = ranges_.back();
  ranges_.pop_back();
  if (!registers.read(task)) return;
  if (range.first == range.last) {
    if (!has_closed(registers.result())) left_.push_back(range.first);
  } else if (registers.result() != 0) {
    std::vector<int> numbers;
    std::copy_if(closed_.begin(), closed_.end(), std::back_inserter(numbers),
                 [&](int number) { return number >= range.first && number <= range.last; });
    const std::vector<Range> singles = single_ranges(numbers);
    ranges_.insert(ranges_.end(), singles.begin(), singles.end());
  }
}

bool Injection::finish(pid_t task) {
  if (overwritten_) poke(task, call_at_, *overwritten_);
  original_.write(task);
  if (has_filters_suspended_) suspend_filters(task, false);
  return false;
}

}  // namespace cloexec::supervise
