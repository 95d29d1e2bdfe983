// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/collector.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cloexec::cli {

void Collector::add(std::span<Event> events) {
  if (events.empty()) return;
  const auto is_earlier = [](const Event& a, const Event& b) { return a.ticket < b.ticket; };
  const auto size = static_cast<std::ptrdiff_t>(waiting_.size());
  // What a slow writer has said late comes before what is there already.
  const auto place = std::upper_bound(waiting_.begin(), waiting_.end(), events.front(), is_earlier) - waiting_.begin();
  waiting_.insert(waiting_.end(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
  std::inplace_merge(waiting_.begin() + place, waiting_.begin() + size, waiting_.end(), is_earlier);
}

bool Collector::step() {
  // Some tenths of a millisecond, in which the fastest writers do not fill the ring.
  constexpr std::size_t most = 1024;
  add(ring_.take());
  const std::uint64_t until = ring_.whole_until();
  std::size_t count = 0;
  for (; count < most && !waiting_.empty() && waiting_.front().ticket < until; ++count) {
    tracker_.take(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (count == 0) tracker_.look_at_pending();
  return count == most;
}

void Collector::finish() {
  add(ring_.take());
  add(ring_.take_rest());
  for (Event& event : waiting_) tracker_.take(std::move(event));
  waiting_.clear();
}

}  // namespace cloexec::cli
