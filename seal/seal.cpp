// SPDX-License-Identifier: Apache-2.0

#include "seal/seal.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <utility>

#include "seal/moment.h"
#include "seal/threads.h"
#include "seal/waits.h"
#include "trace/descriptors.h"

namespace cloexec::seal {
namespace {

constexpr unsigned most_rounds = 5;

/// An open descriptor of one table.
struct Seen {
  int fd = -1;
  bool is_marked = false;
};

std::vector<Seen> look(pid_t task) {
  std::vector<Seen> seen;
  bool are_all = true;
  for (const int fd : trace::Descriptors(task).numbers(SIZE_MAX, are_all))
    if (const auto is_marked = trace::is_marked(task, fd)) seen.push_back({fd, *is_marked});
  return seen;
}

/// Of the open descriptors those that are wanted, which ascend, with marked ones between: few calls do it.
std::vector<Numbers> numbers_in(const std::vector<Seen>& seen, const std::vector<int>& wanted) {
  std::vector<Numbers> ranges;
  bool goes_on = false;
  int last = -1;
  for (const Seen& one : seen) {
    const bool is_wanted = std::binary_search(wanted.begin(), wanted.end(), one.fd);
    goes_on = goes_on && one.fd == last + 1 && (is_wanted || one.is_marked);
    last = one.fd;
    if (!is_wanted) continue;
    if (goes_on)
      ranges.back().last = one.fd;
    else
      ranges.push_back({one.fd, one.fd});
    goes_on = true;
  }
  return ranges;
}

/// One descriptor table.
class Table {
 public:
  Table(const Sharers& sharers, pid_t process, const Options& options, const Keeper& keeper, Result& result)
      : sharers_(sharers),
        options_(options),
        keeper_(keeper),
        result_(result),
        descriptors_(sharers.front()),
        is_narrow_(is_narrow_program(process)) {}

  void seal() {
    if (!descriptors_.can_be_read()) return;
    result_.is_readable = true;
    for (unsigned round = 0; round < most_rounds; ++round) {
      const std::vector<Seen> seen = look(sharers_.front());
      settle(seen);
      const std::vector<int> wanted = choose(seen, round);
      if (wanted.empty() || options_.only_looks) break;
      if (!mark(seen, wanted)) break;
    }
    finish();
  }

 private:
  /// What is marked now, of what was to be; what is closed is forgotten.
  void settle(const std::vector<Seen>& seen) {
    std::vector<Descriptor> pending;
    for (Descriptor& one : pending_) {
      const auto now = std::find_if(seen.begin(), seen.end(), [&](const Seen& other) { return other.fd == one.fd; });
      if (now == seen.end()) continue;
      const bool is_done = now->is_marked != options_.undoes;
      if (is_done) one.state = options_.undoes ? State::unsealed : State::sealed;
      (is_done ? result_.descriptors : pending).push_back(std::move(one));
    }
    pending_ = std::move(pending);
  }

  std::vector<int> choose(const std::vector<Seen>& seen, unsigned round) {
    std::vector<int> wanted;
    pending_.clear();
    for (const Seen& one : seen) {
      if (options_.numbers && !options_.numbers->contains(one.fd)) continue;
      if (one.is_marked != options_.undoes) continue;
      Descriptor descriptor{one.fd, descriptors_.link(one.fd), State::open, {}};
      if (const auto kept = options_.numbers ? std::nullopt : keeper_.judge(one.fd, descriptor.link)) {
        if (round == 0) keep(std::move(descriptor), *kept);
        continue;
      }
      descriptor.state = is_first(descriptor, round) ? State::left : State::later;
      wanted.push_back(one.fd);
      pending_.push_back(std::move(descriptor));
    }
    return wanted;
  }

  void keep(Descriptor descriptor, const Kept& kept) {
    descriptor.state = State::kept;
    descriptor.kept = kept;
    result_.descriptors.push_back(std::move(descriptor));
  }

  /// Whether it was there in the beginning; else it was made since.
  bool is_first(const Descriptor& descriptor, unsigned round) {
    if (round == 0) first_.emplace_back(descriptor.fd, descriptor.link);
    return std::find(first_.begin(), first_.end(), std::pair(descriptor.fd, descriptor.link)) != first_.end();
  }

  bool mark(const std::vector<Seen>& seen, const std::vector<int>& wanted) {
    const Marked marked =
        seal::mark(sharers_, numbers_in(seen, wanted), !options_.undoes, is_narrow_, options_.patience);
    result_.held = std::max(result_.held, marked.held);
    if (marked.outcome == Outcome::done) return true;
    if (marked.outcome != Outcome::gone) result_.worst = marked;
    return marked.outcome == Outcome::gone;
  }

  /// What is pending still, after the last round or without one.
  void finish() {
    if (!options_.only_looks) settle(look(sharers_.front()));
    for (Descriptor& one : pending_) {
      if (options_.only_looks) one.state = State::open;
      result_.descriptors.push_back(std::move(one));
    }
  }

  const Sharers& sharers_;
  const Options& options_;
  const Keeper& keeper_;
  Result& result_;
  trace::Descriptors descriptors_;
  bool is_narrow_;
  std::vector<Descriptor> pending_;
  std::vector<std::pair<int, std::string>> first_;
};

}  // namespace

std::size_t Result::count(State state) const {
  return static_cast<std::size_t>(
      std::count_if(descriptors.begin(), descriptors.end(), [=](const Descriptor& one) { return one.state == state; }));
}

Result seal(pid_t process, const Options& options) {
  Result result;
  result.process = process;
  if (!options.only_looks) let_it_exec(process);
  const Keeper keeper(options.rules, process);
  for (const Sharers& sharers : sharers_of(process)) Table(sharers, process, options, keeper, result).seal();
  std::stable_sort(result.descriptors.begin(), result.descriptors.end(),
                   [](const Descriptor& one, const Descriptor& other) { return one.fd < other.fd; });
  return result;
}

}  // namespace cloexec::seal
