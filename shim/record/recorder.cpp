// SPDX-License-Identifier: Apache-2.0

#include "shim/record/recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "shim/decide/settings.h"
#include "shim/host/descriptor.h"
#include "shim/host/environment.h"
#include "shim/host/module.h"
#include "shim/host/readable.h"
#include "shim/process/borrowed.h"
#include "shim/process/forced.h"
#include "shim/record/stack/copy.h"
#include "shim/record/stack/objects.h"

namespace cloexec {
namespace {

using audit::Event;
using audit::ExecText;
using audit::GivenText;
using audit::MadeText;
using audit::MissedText;

constexpr unsigned lowest = 3;

/// Which numbers an audit knows to be open: daemons close thousands that are not. A vfork child, which has descriptors
/// of its own but its parent's memory, leaves this alone.
constexpr unsigned most_known = 65536;
constinit std::uint32_t known[most_known / 32] = {};

constinit const char* heap_begin = nullptr;

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

/// Numbers of which it was told that they were missed: by a call that only asks about them, which programs do of all
/// numbers, and by others. A vfork child would speak for its parent.
constinit std::uint32_t told_missed[2][most_known / 32] = {};

bool only_asks(std::string_view call) {
  for (const std::string_view one : {"fcntl", "__fcntl", "fstat", "__fxstat"})
    if (call.starts_with(one)) return true;
  return false;
}

/// From now on it is.
bool is_told_missed(std::string_view call, unsigned fd) {
  if (is_vfork_child()) return false;
  std::uint32_t& word = told_missed[only_asks(call) ? 0 : 1][fd / 32];
  const std::uint32_t bit = std::uint32_t{1} << fd % 32;
  return (__atomic_fetch_or(&word, bit, __ATOMIC_RELAXED) & bit) != 0;
}

/// `source` is the place of the rule's source, `rule` its own.
template <typename Place>
void add_rule(const Entry& entry, Place source, Place rule, const Decision& decision) {
  if (!entry || decision.rule == nullptr) return;
  entry->detail = decision.rule->line;
  entry.add(source, decision.set->source);
  entry.add(rule, decision.rule->text.of(decision.set->text));
}

/// This thread's stack from here on, which ends where libc keeps what is the thread's own, or for the first thread
/// where the kernel has put its variables; libc's heap; and what is loaded.
bool is_vouched(const void* place) {
  static constinit thread_local char above = 0;
  const auto* const address = static_cast<const char*>(place);
  const auto* const here = static_cast<const char*>(__builtin_frame_address(0));
  const char* const end = &above > here ? &above : last_text;
  if (address >= here && address < end) return true;
  const auto* const heap_end = static_cast<const char*>(sbrk(0));
  return (address >= heap_begin && address < heap_end) || !find_module(place).name.empty();
}

/// Who made a call, once its record has the stack: `path` is what it was about.
void add_caller(const Entry& entry, const Site& site, std::string_view path, const Decision& decision) {
  const Module module = find_module(site.caller);
  const auto caller = reinterpret_cast<std::uintptr_t>(site.caller);
  entry->offset = caller - module.base;
  entry->mode = build_id_at(caller);
  entry.add(MadeText::call, name_of(site.call));
  entry.add(MadeText::module, module.name);
  entry.add(MadeText::path, path);
  add_rule(entry, MadeText::rule_source, MadeText::rule, decision);
  entry.add(MadeText::folder, module.folder);
}

}  // namespace

void note_heap() {
  heap_begin = static_cast<const char*>(sbrk(0));
  vouch = is_vouched;
}

void note_arrived(unsigned fd) { note_known(fd); }

void record_made(const Site& site, int fd, Marked marked) {
  if (fd < static_cast<int>(lowest)) return;
  const bool is_inheritable = marked == Marked::by_nobody;
  unsigned flags = is_inheritable ? audit::is_inheritable : marked == Marked::by_shim ? audit::was_forced : 0U;
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
  const StackCopy stack(site.caller);
  const Entry entry(Event::made, fd, flags);
  stack.name_in(entry);
  if (entry) add_caller(entry, site, view(site.path()), decision);
}

void record_flag_set(unsigned first, unsigned last) {
  if (last < lowest) return;
  if (first == last) note_known(first);
  const Entry entry(Event::flagged, static_cast<int>(first));
  if (entry) entry->other = static_cast<int>(last);
}

void record_flag_cleared(const Site& site, int fd) {
  if (fd < static_cast<int>(lowest)) return;
  note_known(static_cast<unsigned>(fd));
  const StackCopy stack(site.caller);
  const Entry entry(Event::flagged, fd, audit::is_inheritable);
  stack.name_in(entry);
  if (!entry) return;
  entry->other = fd;
  add_caller(entry, site, {}, {});
}

void record_closed(unsigned first, unsigned last) {
  if (last < lowest || !forget(first < lowest ? lowest : first, last)) return;
  const Entry entry(Event::closed, static_cast<int>(first));
  if (entry) entry->other = static_cast<int>(last);
}

void record_missed(std::string_view call, int fd) {
  const auto number = static_cast<unsigned>(fd);
  if (!is_enforcing() || number < lowest || number >= most_known || is_told_missed(call, number)) return;
  if (raw_syscall(fcntl_number, fd, F_GETFD) != -EBADF) return;
  const Entry entry(Event::missed, fd);
  entry.add(MissedText::call, call);
}

void record_missed_close(int fd) {
  if (is_enforcing() && fd >= static_cast<int>(lowest)) missed_closes.add(fd);
}

void record_exec(const Start& about) {
  ReadableMemory memory;
  const bool has_program = about.program == nullptr || memory.has(about.program);
  const bool has_arguments = memory.has(about.arguments);
  {
    const Entry entry(Event::exec, about.program_fd, is_spawn(about.call) ? audit::as_child : 0U);
    entry.add(ExecText::call, name_of(about.call));
    entry.add(ExecText::program, view(has_program ? about.program : nullptr));
    entry.add(ExecText::argv0, view(has_arguments && about.arguments != nullptr ? about.arguments[0] : nullptr));
  }
  record_kept();
}

void record_shell(const char* call) {
  {
    const Entry entry(Event::exec, -1, audit::as_child);
    entry.add(ExecText::call, call);
    entry.add(ExecText::program, "/bin/sh");
    entry.add(ExecText::argv0, "sh");
  }
  record_kept();
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
