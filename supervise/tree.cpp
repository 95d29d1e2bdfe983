// SPDX-License-Identifier: Apache-2.0

#include "supervise/tree.h"

#include <algorithm>
#include <utility>

namespace cloexec::supervise {
namespace {

Listing identified(const Descriptors& descriptors, const std::vector<int>& numbers) {
  Listing listing;
  for (const int fd : numbers)
    if (const auto identity = descriptors.identity(fd)) listing.files.emplace_back(fd, *identity);
  return listing;
}

}  // namespace

const FileIdentity* Listing::find(int fd) const {
  const auto place = std::lower_bound(files.begin(), files.end(), fd,
                                      [](const auto& file, int number) { return file.first < number; });
  return place != files.end() && place->first == fd ? &place->second : nullptr;
}

Listing list(pid_t task, std::size_t most) {
  const Descriptors descriptors(task);
  if (!descriptors.can_be_read()) return Listing::unknown();
  bool are_all = true;
  Listing listing = identified(descriptors, descriptors.numbers(most, are_all));
  if (!are_all) listing.end = listing.files.empty() ? 0 : listing.files.back().first + 1;
  return listing;
}

std::optional<Listing> list_if_few(pid_t task, std::size_t most) {
  const Descriptors descriptors(task);
  if (!descriptors.can_be_read()) return Listing::unknown();
  bool are_all = true;
  const std::vector<int> numbers = descriptors.numbers(most, are_all);
  if (!are_all) return {};
  return identified(descriptors, numbers);
}

Task* Tree::find(pid_t task) {
  const auto found = tasks_.find(task);
  return found == tasks_.end() ? nullptr : &found->second;
}

std::shared_ptr<Process> Tree::add_process(pid_t id, std::shared_ptr<Image> image, std::shared_ptr<Birth> birth) {
  auto process = std::make_shared<Process>();
  process->id = id;
  process->image = std::move(image);
  process->birth = std::move(birth);
  add_thread(id, process);
  return process;
}

void Tree::add_thread(pid_t task, const std::shared_ptr<Process>& process) {
  ++process->tasks;
  tasks_[task].process = process;
}

void Tree::remove(pid_t task) {
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) return;
  Process& process = *found->second.process;
  process.is_alive = --process.tasks > 0;
  tasks_.erase(found);
}

void Tree::keep_only(pid_t process, pid_t former) {
  const auto found = tasks_.find(former);
  if (found == tasks_.end()) return;
  auto kept = tasks_.extract(found);
  const std::shared_ptr<Process> owner = kept.mapped().process;
  std::erase_if(tasks_, [&](const auto& entry) { return entry.second.process == owner; });
  kept.key() = process;
  tasks_.insert(std::move(kept));
  owner->tasks = 1;
}

}  // namespace cloexec::supervise
