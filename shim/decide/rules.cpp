// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/rules.h"

#include <cstring>

#include "policy/glob.h"
#include "policy/parse.h"
#include "policy/profile.h"
#include "shim/decide/policy_file.h"
#include "shim/decide/report.h"
#include "shim/host/memory.h"
#include "shim/host/module.h"
#include "shim/host/program.h"

namespace cloexec {
namespace {

constinit RuleSet sets[3];
constinit unsigned set_count = 0;
constinit char file_name[128] = {};

/// Those of the profile that are kept. The others are kept in memory of their own: most processes have none.
constinit Rule profile_rules[standard_rules.size()];
constinit bool has_profile = false;
constinit bool is_profile_due = false;
/// The end of argv[0], if it is long.
constinit char started_as[96] = {};

/// A source's text, and room for its rules. The host's environment may change, and its heap is not ours.
class Store {
 public:
  explicit Store(std::size_t text_size)
      : room_(text_size),
        size_(rules_begin() + sizeof(Rule) * (text_size < most_text ? text_size / shortest + 1 : most_rules)),
        base_(static_cast<char*>(map_memory(size_))) {}

  char* text() const { return base_; }
  Rule* rules() const { return static_cast<Rule*>(static_cast<void*>(base_ + rules_begin())); }
  void release() const { unmap_memory(base_, size_); }

 private:
  static constexpr std::size_t shortest = std::string_view("force;").size();
  static constexpr std::size_t most_text = shortest * most_rules;

  std::size_t rules_begin() const { return (room_ + alignof(Rule) - 1) / alignof(Rule) * alignof(Rule); }

  std::size_t room_;
  std::size_t size_;
  char* base_;
};

void note_start(std::string_view name) {
  if (name.size() >= sizeof started_as) name = base_name(name);
  for (std::size_t i = 0; i < name.size() && i < sizeof started_as - 1; ++i) started_as[i] = name[i];
}

bool can_concern(const Rule& rule, std::string_view text, ProgramNames& names) {
  return !rule.has(Key::program) || concerns(rule, text, names.get());
}

/// A rule that asks for modules may ask for the running program.
void learn_program_name(std::span<const Rule> rules) {
  for (const Rule& rule : rules)
    if (rule.has(Key::module)) return cloexec::learn_program_name();
}

/// Threads that do this at the same time write the same.
void choose_profile() {
  ProgramNames names(started_as);
  std::size_t kept = 0;
  for (const Rule& rule : standard_rules)
    if (can_concern(rule, standard_profile(), names)) profile_rules[kept++] = rule;
  learn_program_name({profile_rules, kept});
  sets[set_count] = {"standard", standard_profile(), {profile_rules, kept}};
  __atomic_store_n(&is_profile_due, false, __ATOMIC_RELEASE);
}

/// A copy: daemons overwrite their environment, and audits are told where a rule comes from.
const char* kept_name(const char* path) {
  for (std::size_t i = 0; path[i] != '\0' && i < sizeof file_name - 1; ++i) file_name[i] = path[i];
  return file_name;
}

void add_text(const char* source, const Store& store, std::size_t size, ProgramNames& names) {
  const std::string_view text(store.text(), size);
  std::size_t kept = 0;
  parse_policy(
      text,
      [&](const Rule& rule) {
        if (can_concern(rule, text, names)) store.rules()[kept++] = rule;
      },
      Reporter(source));
  if (kept == 0) return store.release();
  sets[set_count++] = {source, text, {store.rules(), kept}};
  learn_program_name({store.rules(), kept});
}

void add_variable(const char* text, ProgramNames& names) {
  const std::size_t size = std::strlen(text);
  // One byte more than is allowed tells the parser that there is more.
  const std::size_t used = size > longest_policy ? longest_policy + 1 : size;
  const Store store(used);
  if (store.text() == nullptr) return report("CLOEXEC_POLICY", {1, 1, "no memory for the rules", {}, {}, "variable"});
  std::memcpy(store.text(), text, used);
  add_text("CLOEXEC_POLICY", store, used, names);
}

void add_file(const char* path, bool must_exist, ProgramNames& names) {
  const PolicyFile file(path);
  if (!must_exist && !file.exists()) return;
  if (file.trouble() != nullptr) return report(path, {1, 1, file.trouble(), {}, {}, "file"});
  const std::size_t room = file.size() > longest_policy ? longest_policy + 1 : file.size();
  if (room == 0) return;
  const Store store(room);
  if (store.text() == nullptr) return report(path, {1, 1, "no memory for the rules", {}, {}, "file"});
  add_text(kept_name(path), store, file.read(store.text(), room), names);
}

}  // namespace

void load_rules(const PolicySources& sources, char* const* environment) {
  note_start(first_argument(environment));
  ProgramNames names(started_as);
  if (sources.variable != nullptr && *sources.variable != '\0') add_variable(sources.variable, names);
  const bool is_named = sources.file != nullptr && *sources.file != '\0';
  add_file(is_named ? sources.file : "/etc/cloexec.conf", is_named, names);
  has_profile = is_profile_due = !sources.is_strict;
}

std::span<const RuleSet> rule_sets() {
  if (__atomic_load_n(&is_profile_due, __ATOMIC_ACQUIRE)) choose_profile();
  return {sets, set_count + (has_profile ? 1U : 0U)};
}

}  // namespace cloexec
