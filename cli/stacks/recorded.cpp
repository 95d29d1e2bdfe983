// SPDX-License-Identifier: Apache-2.0

#include "cli/stacks/recorded.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace cloexec::cli {
namespace {

/// What another process may be writing; not by __atomic_load_n, which clang has for no enumeration.
template <typename Field>
Field once(const Field& field) {
  Field value;
  __atomic_load(&field, &value, __ATOMIC_RELAXED);
  return value;
}

}  // namespace

std::shared_ptr<const RecordedStack> read_stack(const audit::Stack& stack, std::int64_t now) {
  // Each size is read once, and looked at before it is used.
  const audit::Machine machine = once(stack.machine);
  const std::size_t registers = audit::registers_of(machine).size();
  const std::size_t words = once(stack.word_count);
  const std::size_t modules = once(stack.modules_size);
  if (registers == 0 || words > audit::most_words || modules > sizeof stack.modules) return {};
  auto copy = std::make_shared<RecordedStack>();
  copy->read_at = now;
  copy->machine = machine;
  copy->is_cut = once(stack.is_cut) != 0;
  copy->caller = once(stack.caller);
  copy->begin = once(stack.begin);
  copy->end = once(stack.end);
  copy->registers.assign(stack.registers, stack.registers + registers);
  copy->words.assign(stack.words, stack.words + words);
  copy->modules.assign(stack.modules, modules);
  const bool is_sound = copy->end >= copy->begin && copy->end - copy->begin <= audit::most_stack &&
                        std::is_sorted(copy->words.begin(), copy->words.end());
  return is_sound ? copy : nullptr;
}

bool RecordedStack::is_like(const RecordedStack& other) const {
  const auto all = [](const RecordedStack& one) {
    return std::tie(one.machine, one.is_cut, one.caller, one.begin, one.end, one.registers, one.words, one.modules);
  };
  return all(*this) == all(other);
}

std::size_t RecordedStack::hash() const {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = caller * factor;
  for (const std::uint64_t word : words) hash = (hash ^ word) * factor;
  return hash >> 32U;
}

std::vector<MappedObject> RecordedStack::objects() const {
  std::vector<MappedObject> objects;
  for (std::size_t at = 0; at + sizeof(audit::Module) <= modules.size();) {
    audit::Module module;
    std::memcpy(&module, modules.data() + at, sizeof module);
    at += sizeof module;
    if (module.path_size > modules.size() - at || module.end < module.begin) break;
    objects.push_back({module.begin, module.end, module.bias, module.build_id, modules.substr(at, module.path_size)});
    at += module.path_size;
  }
  return objects;
}

}  // namespace cloexec::cli
