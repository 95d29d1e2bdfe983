// SPDX-License-Identifier: Apache-2.0

#include "shim/record/recorder.h"

#include "shim/decide/settings.h"
#include "shim/host/environment.h"
#include "shim/host/module.h"
#include "shim/process/borrowed.h"
#include "shim/process/forced.h"

namespace cloexec {
namespace {

using audit::Event;
using audit::ExecText;
using audit::GivenText;
using audit::MadeText;

constexpr unsigned lowest = 3;

/// Which numbers an audit knows to be open: daemons close thousands that are not. A vfork child, which has descriptors
/// of its own but its parent's memory, leaves this alone.
constexpr unsigned most_known = 65536;
constinit std::uint32_t known[most_known / 32] = {};

void note_known(unsigned fd) {
  if (fd < most_known && !is_vfork_child()) known[fd / 32] |= std::uint32_t{1} << fd % 32;
}

/// Whether something in this range is known, which it is not any more then. Of what a vfork child had, who is forked
/// off it knows nothing.
bool forget(unsigned first, unsigned last) {
  if (is_vfork_child() || borrowed.forked_off != 0) return true;
  bool was_known = last >= most_known;
  for (unsigned word = first / 32; word <= last / 32 && word < most_known / 32; ++word) {
    if (known[word] == 0) continue;
    std::uint32_t bits = ~std::uint32_t{0};
    if (word == first / 32) bits &= ~std::uint32_t{0} << first % 32;
    if (word == last / 32) bits &= ~std::uint32_t{0} >> (31 - last % 32);
    was_known = was_known || (known[word] & bits) != 0;
    known[word] &= ~bits;
  }
  return was_known;
}

/// `source` is the place of the rule's source, `rule` its own.
template <typename Place>
void add_rule(const Entry& entry, Place source, Place rule, const Decision& decision) {
  if (!entry || decision.rule == nullptr) return;
  entry->detail = decision.rule->line;
  entry.add(source, decision.set->source);
  entry.add(rule, decision.rule->text.of(decision.set->text));
}

}  // namespace

void note_arrived(unsigned fd) { note_known(fd); }

void record_made(const Site& site, int fd, bool is_inheritable) {
  if (fd < static_cast<int>(lowest)) return;
  unsigned flags = is_inheritable ? audit::is_inheritable : 0U;
  Decision decision;
  if (is_inheritable && is_exempt(fd)) {
    flags |= audit::by_allowlist;
  } else if (is_inheritable) {
    decision = ask_rules({site.call, site.caller, fd, site.path()});
    if (decision.verdict == Verdict::exempt)
      flags |= audit::by_rule;
    else if (!is_enforcing())
      note_forced(fd, kind_of(site.call));
  }
  note_known(static_cast<unsigned>(fd));
  const Module module = find_module(site.caller);
  const Entry entry(Event::made, fd, flags);
  if (!entry) return;
  entry->offset = reinterpret_cast<std::uintptr_t>(site.caller) - module.base;
  entry.add(MadeText::call, name_of(site.call));
  entry.add(MadeText::module, module.name);
  entry.add(MadeText::path, view(site.path()));
  add_rule(entry, MadeText::rule_source, MadeText::rule, decision);
}

void record_flag(unsigned first, unsigned last, bool is_inheritable) {
  if (last < lowest) return;
  if (first == last) note_known(first);
  const Entry entry(Event::flagged, static_cast<int>(first), is_inheritable ? audit::is_inheritable : 0U);
  if (entry) entry->other = static_cast<int>(last);
}

void record_closed(unsigned first, unsigned last) {
  if (last < lowest || !forget(first < lowest ? lowest : first, last)) return;
  const Entry entry(Event::closed, static_cast<int>(first));
  if (entry) entry->other = static_cast<int>(last);
}

void record_exec(const Start& about) {
  const Entry entry(Event::exec, about.program_fd, is_spawn(about.call) ? audit::as_child : 0U);
  entry.add(ExecText::call, name_of(about.call));
  entry.add(ExecText::program, view(about.program));
  entry.add(ExecText::argv0, view(about.arguments != nullptr ? about.arguments[0] : nullptr));
}

void record_shell(const char* call) {
  const Entry entry(Event::exec, -1, audit::as_child);
  entry.add(ExecText::call, call);
  entry.add(ExecText::program, "/bin/sh");
  entry.add(ExecText::argv0, "sh");
}

void record_given(int fd, const Decision& decision, std::string_view word) {
  const Entry entry(Event::given, fd);
  add_rule(entry, GivenText::rule_source, GivenText::rule, decision);
  // What is given for another reason may be told all the same.
  entry.add(GivenText::word, decision.rule->has(Key::announced) ? word : std::string_view());
}

void record_failed() { const Entry entry(Event::failed, -1); }

void record_spawned(int process) {
  const Entry entry(Event::spawned, -1);
  if (entry) entry->other = process;
}

}  // namespace cloexec
