// SPDX-License-Identifier: Apache-2.0
//
// What an audit knows of one number in one process. A busy program makes and closes many thousands a second, of which
// few ever cross an exec: what is said of it is put into words only then.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>

#include "cli/audit/report.h"
#include "cli/audit/ring.h"

namespace cloexec::cli {

/// How a descriptor was made, as its process has said it.
struct Making {
  Event event;  // `made`; the same of whoever cleared the flag, `flagged`
  std::shared_ptr<const std::string> program;
  std::shared_ptr<const std::string> thread;  // what it is called

  /// In the words of a report; its class is what the making alone decides.
  [[nodiscard]] Crossing crossing() const;
};

/// What is large is shared by all processes that got it.
struct Descriptor {
  std::shared_ptr<const Making> made;     // null when that was not recorded
  std::shared_ptr<const Crossing> known;  // what it is, once that is known better than from its making
  std::shared_ptr<const Making> cleared;  // by whom the flag was
  std::uint64_t since = 0;                // the ticket of the last change
  int other_end = -1;                     // of a pipe or a pair: the number that it got
  bool is_write_end = false;
  bool is_open = true;
  bool is_inheritable = true;
  bool is_asked_for = false;  // the program cleared the flag itself
  bool is_forced = false;     // the shim has set it: bare it would be inheritable

  /// In the words of a report.
  [[nodiscard]] Crossing crossing(int fd) const;

  [[nodiscard]] bool has_target() const;
};

/// The class of what the program itself made inheritable.
void note_asked_for(Crossing& crossing);

/// Its target, from its link in /proc/PID/fd and from what only their maker knows of the two ends of a pipe.
std::string target_of_pair(const Descriptor& descriptor, const Crossing& crossing, const std::string& link);

/// "standard:2: exempt exec own=yes": `source` is the place of the rule's source among the event's texts, `rule` its
/// own.
template <typename Place>
std::string rule_in(const Event& event, Place source, Place rule) {
  return fmt::format("{}:{}: {}", event.view(source), event.detail, event.view(rule));
}

}  // namespace cloexec::cli
