// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/join.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "policy/glob.h"

namespace cloexec::cli {
namespace {

/// Finds what a sighting is in the record. Both are in the order in which things happened, as far as the record knows.
class Record {
 public:
  explicit Record(const std::vector<Exec>& execs) : execs_(execs), is_taken_(execs.size()) {
    for (std::size_t i = 0; i < execs.size(); ++i) {
      // Of a process that posix_spawn has made and that has said nothing only the parent may be known.
      (execs[i].pid != 0 ? by_process_[execs[i].pid] : by_parent_[execs[i].ppid]).push_back(i);
    }
  }

  std::optional<std::size_t> take(const Sighting& seen) {
    const auto has_entered = [&](const Exec& exec) {
      return exec.has_shim && seen.exec.obstacle.empty() && is_same(exec, seen);
    };
    const auto has_not = [&](const Exec& exec) { return !exec.has_shim && is_same(exec, seen); };
    std::vector<std::size_t>& own = by_process_[seen.exec.pid];
    if (const auto found = take_first(own, has_entered)) return found;
    if (const auto found = take_first(own, has_not)) return found;
    return take_first(by_parent_[seen.exec.ppid], has_not);
  }

  [[nodiscard]] bool is_taken(std::size_t place) const { return is_taken_[place]; }

 private:
  static bool is_same(const Exec& exec, const Sighting& seen) {
    if (exec.program == seen.exec.program || exec.program == seen.path) return true;
    // In another root the paths are others.
    const std::string_view name = base_name(exec.program);
    return exec.argv0 == seen.exec.argv0 && (name == base_name(seen.exec.program) || name == base_name(seen.path));
  }

  template <typename IsIt>
  std::optional<std::size_t> take_first(std::vector<std::size_t>& places, IsIt is_it) {
    const auto found = std::find_if(places.begin(), places.end(), [&](std::size_t i) { return is_it(execs_[i]); });
    if (found == places.end()) return {};
    const std::size_t place = *found;
    places.erase(found);
    is_taken_[place] = true;
    return place;
  }

  const std::vector<Exec>& execs_;
  std::vector<bool> is_taken_;
  std::unordered_map<int, std::vector<std::size_t>> by_process_;
  std::unordered_map<int, std::vector<std::size_t>> by_parent_;
};

const Crossing* find(const Exec& exec, int fd) {
  const auto found =
      std::find_if(exec.fds.begin(), exec.fds.end(), [=](const Crossing& crossing) { return crossing.fd == fd; });
  return found == exec.fds.end() ? nullptr : &*found;
}

/// What the record cannot know of a program that the shim has entered: why it got what nobody has recorded, what it got
/// from one that the shim had not entered, and what the supervisor has kept back.
void correct(Exec& recorded, const Sighting& seen) {
  SharedList<Crossing>& fds = recorded.fds;
  for (std::size_t i = 0; i < fds.size(); ++i) {
    const bool is_recorded = !recorded.call.empty() && (fds[i].what != Class::leak || !fds[i].created.call.empty());
    const Crossing* const truth = find(seen.exec, fds[i].fd);
    if (is_recorded || truth == nullptr || truth->what == Class::withheld) continue;
    Crossing crossing = fds[i];
    crossing.what = truth->what;
    crossing.rule = truth->rule;
    if (!std::binary_search(seen.older.begin(), seen.older.end(), crossing.fd)) {
      crossing.created = {};
      crossing.cleared = {};
      crossing.announced_by = {};
    }
    fds.replace(i, std::move(crossing));
  }
  for (const Crossing& crossing : seen.exec.fds)
    if (crossing.what == Class::withheld && find(recorded, crossing.fd) == nullptr) fds.push_back(crossing);
}

/// What was seen to cross, as who made it has told of it. What it is is better seen, but for the ends of a pair.
Crossing united(const Crossing& seen, const Crossing& recorded) {
  Crossing crossing = recorded;
  if (!seen.object.empty()) crossing.object = seen.object;
  if (!recorded.target.starts_with(seen.target)) crossing.target = seen.target;
  return crossing;
}

/// Of a program that has recorded nothing, but whose starting was.
Exec united(const Exec& recorded, Exec seen) {
  SharedList<Crossing> fds;
  for (const Crossing& crossing : seen.fds) {
    const Crossing* const known = find(recorded, crossing.fd);
    const bool are_both_there = known != nullptr && known->what != Class::withheld && crossing.what != Class::withheld;
    fds.push_back(are_both_there ? united(crossing, *known) : crossing);
  }
  for (const Crossing& crossing : recorded.fds)
    if (crossing.what == Class::withheld && find(seen, crossing.fd) == nullptr) fds.push_back(crossing);
  seen.fds = std::move(fds);
  seen.call = recorded.call;
  if (seen.obstacle.empty()) seen.obstacle = recorded.obstacle;
  return seen;
}

}  // namespace

std::vector<Exec> joined(std::vector<Exec> recorded, std::vector<Sighting> seen) {
  Record record(recorded);
  std::vector<std::optional<std::size_t>> places;
  places.reserve(seen.size());
  for (const Sighting& one : seen) places.push_back(record.take(one));
  std::vector<Exec> all;
  std::size_t next = 0;
  // Of threads that start programs at one time the record may not know which of them is whose: what became of a process
  // that was watched has been seen.
  std::unordered_set<int> watched;
  for (const Sighting& one : seen)
    if (one.exec.is_watched) watched.insert(one.exec.pid);
  const auto is_mistaken = [&](const Exec& exec) { return !exec.has_shim && watched.contains(exec.pid); };
  // What was seen by nobody keeps its place before what was recorded after it.
  const auto add_unseen_until = [&](std::size_t end) {
    for (; next < end; ++next)
      if (!record.is_taken(next) && !is_mistaken(recorded[next])) all.push_back(std::move(recorded[next]));
  };
  for (std::size_t i = 0; i < seen.size(); ++i) {
    Exec& one = seen[i].exec;
    if (!places[i]) {
      all.push_back(std::move(one));
      continue;
    }
    Exec& known = recorded[*places[i]];
    add_unseen_until(*places[i]);
    if (known.has_shim) correct(known, seen[i]);
    all.push_back(known.has_shim || !one.is_watched ? std::move(known) : united(known, std::move(one)));
  }
  add_unseen_until(recorded.size());
  return all;
}

}  // namespace cloexec::cli
