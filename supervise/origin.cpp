// SPDX-License-Identifier: Apache-2.0

#include "supervise/origin.h"

#include <algorithm>
#include <csignal>
#include <vector>

#include "trace/proc.h"

namespace cloexec::supervise {
namespace {

bool is_gone(const Birth& birth) {
  const pid_t parent = living_parent(birth);
  // One that has ended may still have to be waited for.
  return parent == 0 || !is_alive(parent);
}

}  // namespace

pid_t living_parent(const Birth& birth) {
  const std::shared_ptr<Process> parent = birth.parent.lock();
  if (!parent || !parent->is_alive) return 0;
  // A thread that is gone leaves the table to the others; the first one stays, and has nothing any more.
  if (parent->tasks > 1) return living_task(parent->id, birth.parent_task);
  // kill(2) knows threads, too.
  return tgkill(parent->id, birth.parent_task, 0) == 0 ? birth.parent_task : parent->id;
}

void settle(Birth& birth, std::size_t most) {
  if (birth.got) return;
  const pid_t parent = living_parent(birth);
  birth.got = parent != 0 ? list(parent, most) : Listing::unknown();
}

Origins::Origins(const Process& process, const Descriptors& descriptors)
    : process_(process), descriptors_(descriptors) {
  if (process.birth) parent_ = living_parent(*process.birth);
}

Origin Origins::of(int fd) {
  if (has_arrived(fd)) return Origin::arrived;
  if (!process_.birth) return Origin::own;
  const bool is_parents = parent_ != 0 && is_same_file(process_.id, parent_, fd);
  const bool shares = process_.birth->shares_table;
  if (!shares && !is_inherited(fd, is_parents)) return Origin::own;
  if (is_marked_by_an_ancestor(fd, is_parents)) return Origin::cleared;
  return !shares && was_own_of_the_gone(fd) ? Origin::own : Origin::inherited;
}

bool Origins::has_arrived(int fd) const {
  const Listing& arrived = process_.image->arrived;
  if (!arrived.knows(fd)) return true;
  const FileIdentity* const identity = arrived.find(fd);
  return identity != nullptr && descriptors_.identity(fd) == *identity;
}

/// Whether the number has been what it is since the fork. `is_parents`: the parent has the same there now.
bool Origins::is_inherited(int fd, bool is_parents) const {
  const std::optional<Listing>& listed = process_.birth->got;
  if (!listed || !listed->knows(fd)) return is_parents;
  const FileIdentity* const got = listed->find(fd);
  if (got == nullptr || is_parents) return got != nullptr;
  // The parent still has what it had, so that it is this process that has another: perhaps of the same file.
  const bool has_parent_it = parent_ != 0 && Descriptors(parent_).identity(fd) == *got;
  return descriptors_.identity(fd) == *got && (!has_parent_it || is_reopened_by_parent(fd));
}

/// Of two openings of one file: whether it is the parent that has another than it had. Its threads may open one file
/// again and again, and then nobody has the former one any more; what its child has put there it may have from another
/// number.
bool Origins::is_reopened_by_parent(int fd) const {
  if (!process_.birth->must_be_listed) return false;
  const auto identity = descriptors_.identity(fd);
  const Descriptors parents(parent_);
  bool are_all = true;
  const std::vector<int> numbers = parents.numbers(SIZE_MAX, are_all);
  return std::none_of(numbers.begin(), numbers.end(), [&](int number) {
    return parents.identity(number) == identity && is_same_file({process_.id, fd}, {parent_, number});
  });
}

/// Whether what `task` has in common with this process is close-on-exec there. Other threads may put something else at
/// the number at any moment.
bool Origins::is_common_and_marked(pid_t task, int fd) const {
  return is_marked(task, fd) == true && is_same_file(process_.id, task, fd);
}

/// Of ancestors that are gone nothing is known.
bool Origins::is_marked_by_an_ancestor(int fd, bool is_parents) const {
  if (is_parents && is_common_and_marked(parent_, fd)) return true;
  for (const Birth* birth = process_.birth->parents.get(); birth != nullptr; birth = birth->parents.get()) {
    const pid_t ancestor = living_parent(*birth);
    if (ancestor != 0 && is_same_file(process_.id, ancestor, fd) && is_common_and_marked(ancestor, fd)) return true;
  }
  return false;
}

bool Origins::was_own_of_the_gone(int fd) {
  if (!is_parent_gone_) is_parent_gone_ = is_gone(*process_.birth);
  if (!*is_parent_gone_) return false;
  const auto identity = descriptors_.identity(fd);
  const Birth* birth = process_.birth.get();
  do {
    const Birth* const parents = birth->parents.get();
    if (parents == nullptr) return !birth->is_cut;
    if (parents->shares_table || !parents->got || !parents->got->knows(fd)) return false;
    const FileIdentity* const got = parents->got->find(fd);
    if (got == nullptr || identity != *got) return true;
    birth = parents;
  } while (is_gone(*birth));
  return false;
}

}  // namespace cloexec::supervise
