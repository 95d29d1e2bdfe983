// SPDX-License-Identifier: Apache-2.0

#include "cli/system/images.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "cli/proc_folder.h"
#include "policy/glob.h"
#include "trace/descriptors.h"
#include "trace/given.h"
#include "trace/proc.h"

namespace cloexec::cli {
namespace {

std::vector<int> all_processes() try { return ProcFolder("/proc").numbers(); } catch (const std::system_error&) {
  return {};
}

std::vector<std::string> names_of(int pid) {
  std::vector<std::string> names{trace::link_in_proc(pid, "exe")};
  const std::string argv0(trace::Strings(trace::beginning_in_proc(pid, "cmdline")).first());
  if (!argv0.empty()) names.push_back(argv0);
  return names;
}

/// What a process has in common with the one that made it, whose program is another: it was given that. Of what its
/// giver has closed nothing is known.
std::set<std::pair<int, std::uint64_t>> foreign_in(int pid) {
  std::set<std::pair<int, std::uint64_t>> found;
  const pid_t parent = trace::number_in_status(pid, "PPid");
  if (parent <= 0 || trace::link_in_proc(parent, "exe") == trace::link_in_proc(pid, "exe")) return found;
  const trace::Descriptors descriptors(pid);
  if (!descriptors.can_be_read()) return found;
  bool are_all = true;
  for (const int fd : descriptors.numbers(SIZE_MAX, are_all))
    if (trace::is_same_file(pid, parent, fd))
      if (const auto identity = descriptors.identity(fd)) found.emplace(fd, identity->inode);
  return found;
}

}  // namespace

std::shared_ptr<const Crossing> Crossed::find(int fd, const watch::Descriptor& now) const {
  for (const watch::Block& block : blocks) {
    if (static_cast<int>(block.facts.index) != fd / watch_block_size || !block.descriptors) continue;
    const auto then = block.descriptors->find(fd);
    if (then == block.descriptors->end() || !then->second.is(now)) return nullptr;
    const auto place = std::lower_bound(crossings.begin(), crossings.end(), fd,
                                        [](const Crossing& crossing, int number) { return crossing.fd < number; });
    if (place == crossings.end() || place->fd != fd) return nullptr;
    return crossings.shared(static_cast<std::size_t>(std::distance(crossings.begin(), place)));
  }
  return nullptr;
}

void Images::take_stock() {
  for (const int pid : all_processes()) take_stock_of(pid);
}

void Images::take_stock_of(int pid) {
  // One that has exec'd meanwhile is told of by the kernel.
  const std::uint64_t id = watch::before_watch | static_cast<std::uint64_t>(pid);
  if (const std::uint64_t now = image_of_(pid); now != 0 && now != id) return;
  Image image;
  image.pid = pid;
  image.look.names = names_of(pid);
  image.foreign = foreign_in(pid);
  images_[id] = std::move(image);
}

Image& Images::find(std::uint64_t id) {
  if (const auto found = images_.find(id); found != images_.end()) return found->second;
  Image image;
  image.look.names.emplace_back();
  if ((id & watch::before_watch) != 0) {
    image.pid = static_cast<int>(id & ~watch::before_watch);
    if (const std::uint64_t now = image_of_(image.pid); now == 0 || now == id) image.look.names = names_of(image.pid);
  }
  return images_[id] = std::move(image);
}

Image& Images::add(std::uint64_t id, Image image) {
  if (images_.size() > enough_) forget_unused(image.time);
  return images_[id] = std::move(image);
}

/// Those that no process has. Events that speak of others may still be on their way: the young ones stay.
void Images::forget_unused(std::int64_t now) {
  constexpr std::int64_t young = 10'000;  // milliseconds
  std::unordered_set<std::uint64_t> used;
  for (const int pid : all_processes()) used.insert(image_of_(pid));
  std::erase_if(images_, [&](const auto& one) {
    return (one.first & watch::before_watch) == 0 && one.second.time + young < now && !used.contains(one.first);
  });
  enough_ = std::max<std::size_t>(8192, 2 * images_.size());
}

int Images::witness_of(std::uint64_t id, const Image& image, int pid) const {
  const bool was_before = (id & watch::before_watch) != 0;
  for (const int one : {pid, image.pid}) {
    const std::uint64_t now = one > 0 ? image_of_(one) : 0;
    if (one > 0 && (now == id || (now == 0 && was_before && one == image.pid))) return one;
  }
  return 0;
}

void Images::look_at(std::uint64_t id, Image& image, int pid) {
  if (std::exchange(image.was_looked_at, true)) return;
  if (const int witness = witness_of(id, image, pid); witness != 0)
    image.look.modules = trace::look_at(witness).modules;
  // Of one that is gone this much is known.
  if (image.look.modules.empty()) image.look.modules.emplace_back(base_name(image.program()));
}

const std::string& Images::environment_of(std::uint64_t id, Image& image, int pid) {
  if (!image.environment) {
    const int witness = witness_of(id, image, pid);
    image.environment = witness != 0 ? trace::read_in_proc(witness, "environ") : std::string();
  }
  return *image.environment;
}

bool Images::is_guarded(std::uint64_t id, Image& image, int pid) {
  if (!image.look.has_shim()) return false;
  const trace::Strings environment(environment_of(id, image, pid));
  constexpr std::string_view mode = "CLOEXEC_MODE=";
  for (const char* const* entry = environment.list(); *entry != nullptr; ++entry)
    if (std::string_view(*entry).starts_with(mode)) return std::string_view(*entry).substr(mode.size()) == "enforce";
  return true;
}

}  // namespace cloexec::cli
