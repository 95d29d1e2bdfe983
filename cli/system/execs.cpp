// SPDX-License-Identifier: Apache-2.0

#include "cli/system/execs.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string_view>
#include <utility>

#include "cli/describe/containers.h"
#include "cli/describe/units.h"
#include "cli/describe/users.h"
#include "cli/system/describe.h"
#include "cli/system/maker.h"
#include "cli/system/origin.h"
#include "policy/glob.h"
#include "supervise/facts.h"
#include "trace/given.h"
#include "trace/proc.h"

namespace cloexec::cli {
namespace {

std::int64_t milliseconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

/// All, where the kernel has told only the beginning, as long as the process is there.
std::string whole(const watch::Exec& exec, std::uint32_t cut, const char* file, const std::string& told) {
  if ((exec.facts.flags & cut) == 0) return told;
  std::string text = trace::read_in_proc(exec.facts.pid, file);
  return text.size() > told.size() && trace::link_in_proc(exec.facts.pid, "exe") == exec.executable ? text : told;
}

/// As /proc/PID/cgroup has it. Of version 1's hierarchies the process itself must be asked, which takes longer than all
/// else: only where it matters.
std::string groups_of(const watch::Exec& exec, bool do_they_matter) {
  if (exec.cgroup == "/" && do_they_matter) return trace::beginning_in_proc(exec.facts.pid, "cgroup");
  return fmt::format("0::{}\n", exec.cgroup);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    words.emplace_back(text.substr(0, text.find('\0')));
    text.remove_prefix(std::min(words.back().size() + 1, text.size()));
  }
  return words;
}

std::string_view first_of(const std::string& arguments) {
  return std::string_view(arguments).substr(0, arguments.find('\0'));
}

/// What a rule's `target` asks: the name by which it was started, or argv[0] when a descriptor alone named it.
std::string_view target_of(const watch::Exec& exec) {
  return exec.name.starts_with("/dev/fd/") ? first_of(exec.arguments) : std::string_view(exec.name);
}

const supervise::Told* find(const std::vector<supervise::Told>& told, int fd) {
  const auto found = std::find_if(told.begin(), told.end(),
                                  [=](const supervise::Told& one) { return fd >= one.first && fd <= one.last; });
  return found != told.end() ? &*found : nullptr;
}

/// What was handed on: another root, or a new name, may show it by another path.
std::shared_ptr<const Crossing> as_seen_here(std::shared_ptr<const Crossing> known, Description now) {
  if (known->target == now.target) return known;
  auto crossing = std::make_shared<Crossing>(*known);
  crossing->object = std::move(now.object);
  crossing->target = std::move(now.target);
  return crossing;
}

std::string text_of(const Decision& decision) {
  return fmt::format("{}:{}: {}", decision.set->source, decision.rule->line,
                     decision.rule->text.of(decision.set->text));
}

/// As bytes: what is equal is equal.
template <typename Value>
void append(std::string& key, const Value& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string key_of(const watch::Exec& exec, const std::vector<supervise::Told>& told) {
  std::string key;
  append(key, exec.facts.before);
  append(key, exec.facts.flags);
  append(key, exec.facts.own_descriptor);
  for (const watch::Block& block : exec.blocks) {
    watch_block facts = block.facts;
    facts.exec = 0;
    append(key, facts);
  }
  for (const supervise::Told& one : told) key += fmt::format("{}-{} {}\n", one.first, one.last, one.by);
  return key.append(target_of(exec));
}

}  // namespace

SystemExecs::SystemExecs(Rules rules, Images& images, std::string units)
    : rules_(rules),
      images_(images),
      units_(std::move(units)),
      epoch_(milliseconds_of(CLOCK_REALTIME) - milliseconds_of(CLOCK_MONOTONIC)) {}

void SystemExecs::take(const watch::Exec& exec) {
  Image image;
  image.pid = exec.facts.pid;
  image.time = epoch_ + static_cast<std::int64_t>(exec.facts.time / 1'000'000);
  image.look.names = {exec.executable};
  if ((exec.facts.flags & watch_is_secure) == 0)
    image.look.names.insert(image.look.names.end(), {exec.name, std::string(first_of(exec.arguments))});
  if (!exec.blocks.empty()) {
    Image& before = images_.find(exec.facts.before);
    image.arrived = crossed(exec, before, told_by(exec, before));
    image.environment = exec.environment;
  }
  const std::string groups = groups_of(exec, !units_.empty() || (image.arrived && image.arrived->leaks > 0));
  const Units units = units_in(groups);
  if (units_.empty() || matches_units(units_, units)) {
    Exec& added = execs_.emplace_back();
    added.has_shim = false;
    added.is_watched = true;
    added.unit = units.user.empty() ? units.system : units.user;
    added.user = name_of_user(exec.facts.uid);
    added.container = container_in(exec.cgroup != "/" ? exec.cgroup : groups.substr(0, groups.find('\n')));
    added.pid = exec.facts.pid;
    added.ppid = exec.facts.ppid;
    added.program = exec.executable;
    added.argv0 = first_of(exec.arguments);
    added.time = image.time;
    if (image.arrived) {
      added.argv = words_of(whole(exec, watch_cut_arguments, "cmdline", exec.arguments));
      added.fds = image.arrived->crossings;
      leaks_ += image.arrived->leaks;
    }
  }
  images_.add(exec.facts.id, std::move(image));
}

std::vector<supervise::Told> SystemExecs::told_by(const watch::Exec& exec, Image& before) {
  const trace::Strings arguments(whole(exec, watch_cut_arguments, "cmdline", exec.arguments));
  const trace::Strings environment(whole(exec, watch_cut_environment, "environ", exec.environment));
  const trace::Strings known(images_.environment_of(exec.facts.before, before, exec.facts.ppid));
  return supervise::told_to(exec.name, target_of(exec), arguments, environment, known);
}

/// Who starts the same again and again need not be judged again and again.
SystemExecs::Crossings SystemExecs::crossed(const watch::Exec& exec, Image& before,
                                            const std::vector<supervise::Told>& told) {
  constexpr std::size_t many = 4096;
  const std::string key = key_of(exec, told);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  if (known_.size() > many) known_.clear();
  return known_[key] = judged(exec, before, told);
}

SystemExecs::Crossings SystemExecs::judged(const watch::Exec& exec, Image& before,
                                           const std::vector<supervise::Told>& told) {
  static const watch::Descriptor nothing;
  auto all = std::make_shared<Crossed>();
  all->blocks = exec.blocks;
  for (const watch::Block& block : all->blocks)
    for (int place = 0; place < watch_block_size; ++place) {
      if ((block.facts.open >> place & 1) == 0) continue;
      const int fd = static_cast<int>(block.facts.index) * watch_block_size + place;
      const bool is_known = block.descriptors && block.descriptors->contains(fd);
      if (!is_known) ++unknown_;
      const watch::Descriptor& descriptor = is_known ? block.descriptors->at(fd) : nothing;
      auto crossing = judge(exec, block.facts, fd, descriptor, before, told);
      if (crossing->what == Class::leak) ++all->leaks;
      all->crossings.push_back(std::move(crossing));
    }
  return all;
}

std::shared_ptr<const Crossing> SystemExecs::judge(const watch::Exec& exec, const watch_block& block, int fd,
                                                   const watch::Descriptor& descriptor, Image& before,
                                                   const std::vector<supervise::Told>& told) {
  Description what = describe(descriptor);
  if (before.arrived)
    if (auto known = before.arrived->find(fd, descriptor)) return as_seen_here(std::move(known), std::move(what));
  auto crossing = std::make_shared<Crossing>();
  crossing->fd = fd;
  crossing->object = std::move(what.object);
  crossing->target = std::move(what.target);
  const bool is_of_kernel = (exec.facts.flags & watch_has_descriptor) != 0 && exec.facts.own_descriptor == fd;
  if (is_of_kernel || before.foreign.contains({fd, descriptor.inode})) {
    crossing->what = Class::foreign;
    return crossing;
  }
  const Origin origin = origin_of(exec, block, 1ULL << fd % watch_block_size);
  crossing->created.program = before.program();
  crossing->created.when = origin == Origin::inherited ? "parent" : "child";
  if (descriptor.maker) {
    describe_maker(crossing->created, *descriptor.maker,
                   images_.witness_of(exec.facts.before, before, exec.facts.ppid));
    crossing->created.when = descriptor.maker->pid == exec.facts.pid && origin == Origin::own ? "child" : "parent";
  }
  if (rules_.allowed.contains(fd)) {
    crossing->what = Class::exempt;
    crossing->rule = "CLOEXEC_ALLOW";
    return crossing;
  }
  if (origin == Origin::cleared) {
    crossing->what = Class::by_program;
    return crossing;
  }
  images_.look_at(exec.facts.before, before, exec.facts.ppid);
  const supervise::Told* const word = find(told, fd);
  supervise::Facts facts{fd,
                         descriptor.link,
                         origin == Origin::own,
                         (exec.facts.flags & watch_is_forked) != 0,
                         [=] { return word != nullptr; },
                         target_of(exec),
                         &before.look,
                         false};
  const Decision decision = supervise::find_exemption(rules_.sets, facts);
  if (decision.verdict != Verdict::exempt) {
    // What it has not kept back it was told not to, by a rule of its own or by the program.
    if (images_.is_guarded(exec.facts.before, before, exec.facts.ppid)) crossing->what = Class::by_program;
    return crossing;
  }
  crossing->what = Class::exempt;
  crossing->rule = text_of(decision);
  if (word != nullptr && decision.rule->has(Key::announced)) crossing->announced_by = word->by;
  return crossing;
}

}  // namespace cloexec::cli
