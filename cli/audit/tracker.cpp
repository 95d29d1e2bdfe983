// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "cli/audit/describe.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

constexpr int lowest = 3;
constexpr std::uint64_t now = std::numeric_limits<std::uint64_t>::max();

Creation creation_of(const Event& event, const std::string& program) {
  const std::string module = event.text(audit::MadeText::module);
  return {event.text(audit::MadeText::call),
          program,
          module.empty() ? std::string(base_name(program)) : module,
          event.offset,
          event.pid,
          event.tid,
          event.has(audit::in_child) ? "child" : "parent"};
}

/// "standard:2: exempt exec own=yes".
template <typename Place>
std::string rule_in(const Event& event, Place source, Place rule) {
  return fmt::format("{}:{}: {}", event.text(source), event.detail, event.text(rule));
}

/// One that had no room in its record is shown not to be whole.
std::string word_in(const Event& event) {
  const std::string word = event.text(audit::GivenText::word);
  return !word.empty() && event.has(audit::is_cut) ? word + "…" : word;
}

void note_asked_for(Crossing& crossing) {
  crossing.what = Class::by_program;
  crossing.rule.clear();
  crossing.announced_by.clear();
}

bool is_pair(const std::string& call) {
  return call == "pipe" || call == "pipe2" || call == "__pipe" || call == "socketpair";
}

}  // namespace

void Tracker::Gift::note_in(Crossing& crossing) const {
  crossing.what = Class::exempt;
  crossing.rule = rule;
  crossing.announced_by = word;
}

/// Null when nothing was known of it by then.
const Tracker::Descriptor* Tracker::at(const History& history, std::uint64_t ticket) {
  const auto later =
      std::find_if(history.rbegin(), history.rend(), [=](const auto& entry) { return entry.first <= ticket; });
  return later == history.rend() ? nullptr : &later->second;
}

void Tracker::change(Process& process, int fd, std::uint64_t ticket, Descriptor descriptor) {
  History& history = process.descriptors[fd];
  constexpr std::size_t most = 64;
  if (history.size() >= most) history.erase(history.begin(), history.begin() + most / 2);
  const auto place =
      std::find_if(history.rbegin(), history.rend(), [=](const auto& entry) { return entry.first <= ticket; });
  history.insert(place.base(), {ticket, std::move(descriptor)});
}

std::map<int, Tracker::Descriptor> Tracker::open_at(const Process& process, std::uint64_t ticket) {
  std::map<int, Descriptor> open;
  for (const auto& [fd, history] : process.descriptors)
    if (const Descriptor* descriptor = at(history, ticket); descriptor != nullptr && descriptor->is_open)
      open.emplace(fd, *descriptor);
  return open;
}

/// What only their maker knows of the two ends of a pipe.
void Tracker::describe_pair(Descriptor& descriptor, const std::string& link) {
  std::string& target = descriptor.crossing.target;
  target = link;
  if (descriptor.other_end < 0) return;
  const Creation& created = descriptor.crossing.created;
  const bool has_ends = descriptor.crossing.object == "pipe";
  target += fmt::format("{}{}; the other end is {} of {}[{}]", link.empty() ? "" : " ",
                        !has_ends                 ? "one end"
                        : descriptor.is_write_end ? "write end"
                                                  : "read end",
                        descriptor.other_end, base_name(created.program), created.pid);
}

Tracker::Process& Tracker::process_of(int pid) { return processes_[pid]; }

void Tracker::take(const Event& event) {
  switch (event.what) {
    case audit::Event::start:
      return started(event);
    case audit::Event::arrived:
      return arrived(event);
    case audit::Event::forked:
      return forked(event);
    case audit::Event::made:
      return made(event);
    case audit::Event::flagged:
      return flagged(event);
    case audit::Event::closed:
      return closed(event);
    case audit::Event::exec:
      return attempted(event);
    case audit::Event::given:
      if (Attempt* attempt = last_attempt(event))
        attempt->given[event.fd] = {rule_in(event, audit::GivenText::rule_source, audit::GivenText::rule),
                                    word_in(event)};
      return;
    case audit::Event::failed:
      if (const Attempt* attempt = last_attempt(event)) {
        auto& attempts = process_of(event.pid).attempts;
        attempts.erase(attempts.begin() + (attempt - attempts.data()));
      }
      return;
    case audit::Event::spawned:
      if (Attempt* attempt = last_attempt(event)) attempt->child = event.other;
      return;
  }
}

void Tracker::forked(const Event& event) {
  Process child;
  child.parent = event.other;
  child.begun = event.ticket;
  if (const auto parent = processes_.find(event.other); parent != processes_.end()) {
    child.program = parent->second.program;
    for (auto& [fd, descriptor] : open_at(parent->second, event.seen))
      child.descriptors[fd].emplace_back(event.ticket, std::move(descriptor));
    child.made_from = event.other;
    child.made_at = event.seen;
  }
  processes_[event.pid] = std::move(child);
}

void Tracker::made(const Event& event) {
  Process& process = process_of(event.pid);
  const std::string call = event.text(audit::MadeText::call);
  Descriptor descriptor;
  Crossing& crossing = descriptor.crossing;
  const Description description = describe_made(call, event.text(audit::MadeText::path));
  crossing.fd = event.fd;
  crossing.object = description.object;
  crossing.target = description.target;
  crossing.created = creation_of(event, process.program);
  if (event.has(audit::by_allowlist)) {
    crossing.what = Class::exempt;
    crossing.rule = "CLOEXEC_ALLOW";
  } else if (event.has(audit::by_rule)) {
    crossing.what = Class::exempt;
    crossing.rule = rule_in(event, audit::MadeText::rule_source, audit::MadeText::rule);
  }
  descriptor.is_inheritable = event.has(audit::is_inheritable);
  // The two ends come one behind the other, from one thread.
  const std::optional<Event>& before = process.last_made;
  if (is_pair(call) && before && before->tid == event.tid && before->text(audit::MadeText::call) == call &&
      before->offset == event.offset) {
    descriptor.other_end = before->fd;
    descriptor.is_write_end = true;
    History& first = process.descriptors[before->fd];
    if (!first.empty()) first.back().second.other_end = event.fd;
    process.last_made.reset();
  } else {
    process.last_made = event;
  }
  change(process, event.fd, event.ticket, std::move(descriptor));
}

void Tracker::flagged(const Event& event) {
  Process& process = process_of(event.pid);
  const auto mark = [&](int fd, Descriptor descriptor) {
    descriptor.is_inheritable = event.has(audit::is_inheritable);
    if (descriptor.is_inheritable) note_asked_for(descriptor.crossing);
    descriptor.crossing.fd = fd;
    change(process, fd, event.ticket, std::move(descriptor));
  };
  if (event.fd == event.other) {
    const auto found = process.descriptors.find(event.fd);
    const Descriptor* known = found == process.descriptors.end() ? nullptr : at(found->second, now);
    return mark(event.fd, known != nullptr && known->is_open ? *known : Descriptor{});
  }
  for (auto& [fd, descriptor] : open_at(process, now))
    if (fd >= event.fd && (event.other < 0 || fd <= event.other)) mark(fd, descriptor);
}

/// Numbers are unsigned there: -1 is the highest.
void Tracker::closed(const Event& event) {
  Process& process = process_of(event.pid);
  for (auto& [fd, descriptor] : open_at(process, now)) {
    if (fd < event.fd || (event.other >= 0 && fd > event.other)) continue;
    descriptor.is_open = false;
    change(process, fd, event.ticket, descriptor);
  }
}

void Tracker::attempted(const Event& event) {
  Attempt attempt;
  attempt.ticket = event.ticket;
  attempt.tid = event.tid;
  attempt.makes_process = event.has(audit::as_child);
  attempt.exec.call = event.text(audit::ExecText::call);
  attempt.exec.program = event.text(audit::ExecText::program);
  attempt.exec.argv0 = event.text(audit::ExecText::argv0);
  Process& process = process_of(event.pid);
  look_at_unnamed(event.pid, process);
  process.attempts.push_back(std::move(attempt));
}

/// A program that the shim cannot enter does not say what it has got. While the process lives, /proc does.
void Tracker::look_at_unnamed(int pid, Process& process) {
  for (auto& [fd, history] : process.descriptors) {
    Descriptor& latest = history.back().second;
    Crossing& crossing = latest.crossing;
    if (!latest.is_open || !crossing.target.empty()) continue;
    const Description what = look_(pid, fd);
    if (what.object.empty()) continue;
    crossing.object = what.object;
    if (latest.other_end >= 0)
      describe_pair(latest, what.target);
    else
      crossing.target = what.target;
  }
}

Tracker::Attempt* Tracker::last_attempt(const Event& event) {
  auto& attempts = process_of(event.pid).attempts;
  const auto last =
      std::find_if(attempts.rbegin(), attempts.rend(), [&](const Attempt& one) { return one.tid == event.tid; });
  return last == attempts.rend() ? nullptr : &*last;
}

/// The exec by which `pid` came to its program, and in `from` the process whose descriptors it began with.
std::optional<Tracker::Attempt> Tracker::take_attempt(int pid, int parent, const std::string& argv0,
                                                      std::uint64_t ticket, int& from) {
  const auto take = [&](int owner, auto is_it) -> std::optional<Attempt> {
    const auto process = processes_.find(owner);
    if (process == processes_.end()) return {};
    auto& attempts = process->second.attempts;
    const auto found = std::find_if(attempts.begin(), attempts.end(), is_it);
    if (found == attempts.end()) return {};
    Attempt attempt = std::move(*found);
    attempts.erase(found);
    from = owner;
    return attempt;
  };
  if (auto own = take(pid, [](const Attempt& one) { return !one.makes_process; })) return own;
  if (auto known = take(parent, [=](const Attempt& one) { return one.makes_process && one.child == pid; }))
    return known;
  const auto fits = [&](const Attempt& one) { return one.makes_process && one.child == 0 && one.ticket < ticket; };
  if (auto named = take(parent, [&](const Attempt& one) { return fits(one) && one.exec.argv0 == argv0; })) return named;
  return take(parent, fits);
}

void Tracker::started(const Event& event) {
  int from = 0;
  const std::string program = event.text(audit::StartText::executable);
  std::string call;
  std::optional<Attempt> attempt =
      take_attempt(event.pid, event.other, event.text(audit::StartText::argv0), event.ticket, from);
  Process next;
  next.parent = event.other;
  next.program = program;
  next.begun = event.ticket;
  next.exec = execs_.size();
  if (attempt) {
    next.was_spawned = attempt->makes_process;
    next.given = std::move(attempt->given);
    call = attempt->exec.call;
    next.made_at = attempt->ticket;
  } else {
    // Forked unseen, or the command itself.
    from = processes_.contains(event.pid) ? event.pid : event.other;
    next.made_at = now;
  }
  next.made_from = from;
  const auto before = processes_.find(from);
  // What a forked child has got unrecorded, it has got from its parent.
  if (from == event.pid && before != processes_.end() && before->second.made_from != 0) {
    next.made_from = before->second.made_from;
    next.forked_at = before->second.made_at;
  } else {
    next.forked_at = next.made_at;
  }
  if (before != processes_.end())
    for (auto& [fd, descriptor] : open_at(before->second, next.made_at)) {
      // Known only if it arrives: see `arrived`.
      descriptor.is_open = false;
      next.descriptors[fd].emplace_back(event.ticket, std::move(descriptor));
    }
  execs_.push_back({event.pid, event.other, program, event.text(audit::StartText::argv0), true, {}, call});
  processes_[event.pid] = std::move(next);
}

void Tracker::arrived(const Event& event) {
  if (event.fd < lowest) return;
  Process& process = process_of(event.pid);
  if (process.exec >= execs_.size() || execs_[process.exec].pid != event.pid) return;
  const auto found = process.descriptors.find(event.fd);
  const Descriptor* before = found == process.descriptors.end() ? nullptr : at(found->second, event.ticket);
  Descriptor descriptor = before != nullptr ? *before : Descriptor{};
  Crossing& crossing = descriptor.crossing;
  crossing.fd = event.fd;
  const bool was_marked = before != nullptr && !before->is_inheritable;
  const auto given = process.given.find(event.fd);
  if (given != process.given.end()) {
    given->second.note_in(crossing);
  } else if (before == nullptr && event.pid == root_ && process.made_from != root_) {
    crossing.what = Class::foreign;
  } else if ((before == nullptr || was_marked) && process.was_spawned) {
    // By a file action, which the program asked for itself.
    note_asked_for(crossing);
    crossing.created.call = "posix_spawn";
  } else if (was_marked) {
    note_asked_for(crossing);
  }
  const Description description = describe_arrived(event);
  crossing.object = description.object;
  if (descriptor.other_end >= 0 && crossing.created.pid != 0)
    describe_pair(descriptor, event.text(audit::ArrivedText::link));
  else
    crossing.target = description.target;
  descriptor.is_open = true;
  descriptor.is_inheritable = true;
  Exec& exec = execs_[process.exec];
  if (before == nullptr && crossing.what != Class::foreign)
    doubts_.push_back({process.exec, exec.fds.size(), process.made_from, event.fd, process.forked_at, event.ticket});
  if (crossing.what == Class::leak) ++leaks_;
  exec.fds.push_back(crossing);
  change(process, event.fd, event.ticket, std::move(descriptor));
}

/// A program that says nothing of itself.
void Tracker::add_unseen(int pid, const Process& process, const Attempt& attempt) {
  Exec exec = attempt.exec;
  exec.has_shim = false;
  exec.pid = attempt.makes_process ? attempt.child : pid;
  exec.ppid = attempt.makes_process ? pid : process.parent;
  for (auto& [fd, descriptor] : open_at(process, attempt.ticket)) {
    Crossing& crossing = descriptor.crossing;
    const auto given = attempt.given.find(fd);
    if (fd < lowest || (!descriptor.is_inheritable && given == attempt.given.end())) continue;
    if (given != attempt.given.end()) given->second.note_in(crossing);
    if (descriptor.other_end >= 0 && crossing.target.empty()) describe_pair(descriptor, {});
    if (crossing.what == Class::leak) ++leaks_;
    exec.fds.push_back(crossing);
  }
  execs_.push_back(std::move(exec));
}

/// `crossing` is known to be of this making.
void Tracker::settle(Crossing& crossing, const Crossing& made) {
  crossing.created = made.created;
  if (crossing.what == Class::exempt) return;
  if (crossing.what == Class::leak) --leaks_;
  crossing.what = made.what;
  crossing.rule = made.rule;
  if (crossing.what == Class::leak) ++leaks_;
}

/// When the process was forked another thread was between making a descriptor and recording it, or between recording
/// its end and closing it.
void Tracker::settle_doubts() {
  for (const Doubt& doubt : doubts_) {
    const auto parent = processes_.find(doubt.parent);
    if (parent == processes_.end()) continue;
    const auto history = parent->second.descriptors.find(doubt.fd);
    if (history == parent->second.descriptors.end()) continue;
    Crossing& crossing = execs_[doubt.exec].fds[doubt.place];
    const Descriptor* ended = at(history->second, doubt.ticket);
    const auto next = std::find_if(history->second.begin(), history->second.end(), [&](const auto& entry) {
      return entry.first > doubt.ticket && entry.first < doubt.until && entry.second.is_open;
    });
    const Descriptor* begun = next == history->second.end() ? nullptr : &next->second;
    const bool is_ended = ended != nullptr && (begun == nullptr || crossing.target.ends_with(ended->crossing.target));
    if (const Descriptor* made = is_ended ? ended : begun) settle(crossing, made->crossing);
  }
  doubts_.clear();
}

std::vector<Exec> Tracker::finish() {
  for (const auto& [pid, process] : processes_)
    for (const Attempt& attempt : process.attempts) add_unseen(pid, process, attempt);
  settle_doubts();
  return std::move(execs_);
}

}  // namespace cloexec::cli
