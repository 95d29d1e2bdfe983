// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/history.h"

#include <algorithm>

namespace cloexec::cli {

const History::Changes& History::changes() const {
  static const Changes none;
  return changes_ != nullptr ? *changes_ : none;
}

/// Where a change of that ticket belongs: almost always at the end.
History::Changes::iterator History::behind(Changes& changes, std::uint64_t ticket) {
  return std::find_if(changes.rbegin(), changes.rend(), [=](const Change& one) { return one.ticket <= ticket; }).base();
}

Table History::as_of(std::uint64_t ticket) const {
  Table then = now_;
  for (auto change = changes().rbegin(); change != changes().rend() && change->ticket > ticket; ++change)
    if (change->was_known)
      then.set(change->fd, change->before);
    else
      then.erase(change->fd);
  if (ticket >= forgotten_until_) return then;
  std::vector<int> unknown;
  then.each([&](int fd, const Descriptor& descriptor) {
    if (descriptor.since > ticket) unknown.push_back(fd);
  });
  for (const int fd : unknown) then.erase(fd);
  return then;
}

void History::change(int fd, std::uint64_t ticket, Descriptor to) {
  to.since = ticket;
  const Descriptor* const before = now_.find(fd);
  if (before != nullptr && before->since > ticket) return insert_late(fd, ticket, std::move(to));
  if (changes_ == nullptr) changes_ = std::make_unique<Changes>();
  if (changes_->size() == most) {
    forgotten_until_ = std::max(forgotten_until_, changes_->front().ticket);
    changes_->pop_front();
  }
  Change change{ticket, fd, before != nullptr ? *before : Descriptor(), before != nullptr};
  changes_->insert(behind(*changes_, ticket), std::move(change));
  now_.set(fd, std::move(to));
}

/// It lies before a change that is known already.
void History::insert_late(int fd, std::uint64_t ticket, Descriptor to) {
  // Where what it was changed to has been forgotten, this is, too.
  if (changes_ == nullptr) return;
  const auto place = behind(*changes_, ticket);
  const auto next = std::find_if(place, changes_->end(), [=](const Change& one) { return one.fd == fd; });
  if (next == changes_->end()) return;
  Change change{ticket, fd, std::exchange(next->before, std::move(to)), std::exchange(next->was_known, true)};
  changes_->insert(place, std::move(change));
}

std::vector<const Descriptor*> History::versions(int fd) const {
  std::vector<const Descriptor*> versions;
  if (const Descriptor* const latest = now_.find(fd)) versions.push_back(latest);
  for (auto change = changes().rbegin(); change != changes().rend(); ++change)
    if (change->fd == fd && change->was_known) versions.push_back(&change->before);
  return versions;
}

}  // namespace cloexec::cli
