// SPDX-License-Identifier: Apache-2.0

#include "watch/assemble.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace cloexec::watch {
namespace {

constexpr std::string_view deleted = " (deleted)";

enum : std::uint64_t {  // statfs(2)
  pipes = 0x50495045,
  sockets = 0x534F434B,
  anonymous = 0x09041934,
  namespaces = 0x6E736673,
  processes = 0x50494446,
};

/// What has no place in the tree has a name of its kind (d_dname in the kernel's sources).
std::string link_without_place(std::uint64_t magic, std::uint64_t inode, std::string_view name) {
  const auto numbered = [=](std::string_view kind) {
    return std::string(kind).append(":[").append(std::to_string(inode)).append("]");
  };
  switch (magic) {
    case pipes:
      return numbered("pipe");
    case sockets:
      return numbered("socket");
    case namespaces:
      return numbered("namespace");
    case processes:
      return "anon_inode:[pidfd]";
    case anonymous:
      return std::string("anon_inode:").append(name);
    default:
      return std::string("/").append(name).append(deleted);
  }
}

std::string placed(std::string_view names, std::uint32_t flags) {
  std::string path = path_from(names);
  if ((flags & watch_is_outside) != 0) path.insert(0, "(unreachable)");
  if ((flags & watch_is_cut) != 0) path.insert(0, "...");
  if ((flags & watch_is_unlinked) != 0) path.append(deleted);
  return path;
}

std::string link_of(const watch_descriptor& record, std::string_view names) {
  const bool has_no_place = (record.place & watch_is_root) != 0 || record.magic == sockets || record.magic == pipes;
  return has_no_place ? link_without_place(record.magic, record.inode, names) : placed(names, record.place);
}

/// Cuts `size` bytes off the beginning of `text`.
std::string_view take(std::string_view& text, std::size_t size) {
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(part.size());
  return part;
}

}  // namespace

std::string path_from(std::string_view names) {
  if (names.empty()) return "/";
  names.remove_suffix(1);
  std::string path;
  path.reserve(names.size() + 1);
  for (;;) {
    const std::size_t slash = names.rfind('/');
    path.append("/").append(slash == std::string_view::npos ? names : names.substr(slash + 1));
    if (slash == std::string_view::npos) return path;
    names = names.substr(0, slash);
  }
}

void Assembler::add(const void* record, std::size_t size) {
  std::uint32_t kind = 0;
  std::memcpy(&kind, record, sizeof kind);
  switch (kind) {
    case watch_is_descriptor:
      return add_descriptor(*static_cast<const watch_descriptor*>(record), size);
    case watch_is_maker:
      return add_maker(*static_cast<const watch_maker*>(record), size);
    case watch_is_block:
      return add_block(*static_cast<const watch_block*>(record));
    case watch_is_exec:
      return add_exec(*static_cast<const watch_exec*>(record), size);
    default:
      ++lost_;
  }
}

void Assembler::add_descriptor(const watch_descriptor& record, std::size_t size) {
  const std::size_t room = size - offsetof(watch_descriptor, path);
  const std::string_view names(record.path, std::min<std::size_t>(record.path_size, room));
  Known& known = known_[record.block];
  if (!known.descriptors) known.descriptors = std::make_shared<Descriptors>();
  (*known.descriptors)[record.fd] = {record.file,   record.inode, record.mode, link_of(record, names),
                                     record.socket, nullptr};
}

void Assembler::add_maker(const watch_maker& record, std::size_t size) {
  const auto known = known_.find(record.block);
  if (known == known_.end() || !known->second.descriptors) return;
  auto maker = std::make_shared<Maker>();
  maker->pid = record.pid;
  maker->tid = record.tid;
  maker->call = record.call;
  maker->thread.assign(record.thread, strnlen(record.thread, sizeof record.thread));
  maker->registers.assign(record.registers, record.registers + watch_register_count);
  const std::size_t room = size - offsetof(watch_maker, stack);
  maker->stack.assign(record.stack, std::min<std::size_t>(record.stack_size, room));
  (*known->second.descriptors)[record.fd].maker = std::move(maker);
}

void Assembler::add_block(const watch_block& record) {
  const auto found = known_.find(record.block);
  waiting_[record.exec].push_back({record, found != known_.end() ? found->second.descriptors : nullptr});
}

void Assembler::add_exec(const watch_exec& record, std::size_t size) {
  Exec exec;
  std::memcpy(&exec.facts, &record, offsetof(watch_exec, text));
  std::string_view text(record.text, size - offsetof(watch_exec, text));
  exec.executable = placed(take(text, record.executable_size), record.place);
  exec.name = take(text, record.name_size);
  while (!exec.name.empty() && exec.name.back() == '\0') exec.name.pop_back();
  exec.cgroup = path_from(take(text, record.cgroup_size));
  exec.arguments = take(text, record.arguments_size);
  exec.environment = take(text, record.environment_size);
  if (auto parts = waiting_.extract(record.id)) exec.blocks = std::move(parts.mapped());
  for (const Block& block : exec.blocks)
    if (const auto known = known_.find(block.facts.block); known != known_.end()) known->second.time = record.time;
  forget_old(record.time);
  take_(std::move(exec));
}

/// The kernel tells again what it has not told for a second. Blocks of an exec whose own record had no room wait for
/// ever.
void Assembler::forget_old(std::uint64_t now) {
  constexpr std::uint64_t second = 1'000'000'000;
  if (now < forgotten_at_ + 10 * second) return;
  forgotten_at_ = now;
  // What has no time yet was told for an exec that has yet to come.
  for (auto& [block, known] : known_)
    if (known.time == 0) known.time = now;
  std::erase_if(known_, [=](const auto& one) { return one.second.time + 60 * second < now; });
  constexpr std::size_t many = 1024;
  if (waiting_.size() > many) waiting_.clear();
}

}  // namespace cloexec::watch
