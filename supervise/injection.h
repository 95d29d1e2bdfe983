// SPDX-License-Identifier: Apache-2.0
//
// Closes descriptors in a new program before its first instruction, by calls that are made in its name. It stops at the
// beginning and at the end of each; at every one of these moments it may be killed, and its tracer too.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "supervise/trace.h"
#include "trace/machine.h"
#include "trace/tracee.h"

namespace cloexec::supervise {

/// Numbers first..last, of which some are open.
struct Range {
  int first;
  int last;
};

/// The ranges that `closed` lies in and `kept` does not. Both ascend.
std::vector<Range> ranges_of(const std::vector<int>& closed, const std::vector<int>& kept);

class Injection {
 public:
  /// To close `closed`, and none of `kept`, in a tracee that stands at the event of its exec. `vdso`: where that is
  /// (getauxval(3), AT_SYSINFO_EHDR), or 0.
  Injection(std::vector<int> closed, const std::vector<int>& kept, Word vdso);

  /// To be called when the tracee stops at the beginning or end of a system call. Whether there is more to do: then it
  /// is to be let go to the next such stop.
  bool advance(pid_t task);

  /// Those that it could not close, when it is over.
  const std::vector<int>& left() const { return left_; }

 private:
  enum class At { end_of_exec, beginning, end };

  bool begin(pid_t task);
  void choose_way(pid_t task);
  bool arrange_next(pid_t task);
  void judge_result(pid_t task);
  bool finish(pid_t task);

  At at_ = At::end_of_exec;
  std::vector<int> closed_;
  std::vector<Range> ranges_;  // still to be closed, the last first
  std::vector<int> left_;
  Word vdso_;
  Registers original_;               // with which the program begins
  Registers prepared_;               // with which it makes a call
  Word call_at_ = 0;                 // the instruction that makes it
  std::optional<Word> overwritten_;  // what stood there
  bool has_filters_suspended_ = false;
};

}  // namespace cloexec::supervise
