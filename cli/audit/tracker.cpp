// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/tracker.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

#include "cli/audit/describe.h"
#include "cli/audit/time_text.h"

namespace cloexec::cli {
namespace {

constexpr int lowest = 3;
constexpr int highest = std::numeric_limits<int>::max();

/// One that had no room in its record is shown not to be whole.
std::string word_in(const Event& event) {
  const std::string word = event.text(audit::GivenText::word);
  return !word.empty() && event.has(audit::is_cut) ? word + "…" : word;
}

bool is_pair(std::string_view call) {
  return call == "pipe" || call == "pipe2" || call == "__pipe" || call == "socketpair";
}

/// Whether the program has chosen the number.
bool is_at_number(std::string_view call) { return call == "dup2" || call == "dup3" || call == "__dup2"; }

/// Numbers are unsigned there: -1 is the highest.
int last_of(const Event& event) { return event.other < 0 ? highest : event.other; }

}  // namespace

void Tracker::Gift::note_in(Crossing& crossing) const {
  crossing.what = Class::exempt;
  crossing.rule = rule;
  crossing.announced_by = word;
}

std::size_t Tracker::Hash::operator()(const std::shared_ptr<const Crossing>& crossing) const {
  std::size_t hash = std::hash<std::string>()(crossing->target);
  for (const std::size_t part :
       {static_cast<std::size_t>(crossing->fd), static_cast<std::size_t>(crossing->what),
        static_cast<std::size_t>(crossing->created.tid), static_cast<std::size_t>(crossing->created.offset)})
    hash = hash * 31 + part;
  return hash;
}

std::shared_ptr<const Crossing> Tracker::shared(Crossing crossing) {
  return *distinct_.insert(std::make_shared<const Crossing>(std::move(crossing))).first;
}

void Tracker::take(Event event) {
  switch (event.what) {
    case audit::Event::start:
      return started(event);
    case audit::Event::arrived:
      return arrived(event);
    case audit::Event::forked:
      return forked(event);
    case audit::Event::made:
      return made(std::move(event));
    case audit::Event::flagged:
      return flagged(event);
    case audit::Event::closed:
      return closed(event);
    case audit::Event::missed:
      return missed(event, event.text(audit::MissedText::call));
    case audit::Event::exec:
      return attempted(event);
    case audit::Event::given:
      if (Attempt* attempt = last_attempt(event))
        attempt->given[event.fd] = {rule_in(event, audit::GivenText::rule_source, audit::GivenText::rule),
                                    word_in(event)};
      return;
    case audit::Event::kept:
      return kept(event);
    case audit::Event::failed:
      if (const Attempt* attempt = last_attempt(event)) processes_[event.pid].attempts.erase(attempt->ticket);
      return;
    case audit::Event::thread:
      processes_[event.pid].threads[event.tid] = {
          std::make_shared<const std::string>(event.text(audit::ThreadText::name))};
      return;
    case audit::Event::spawned:
      if (Attempt* attempt = last_attempt(event)) {
        attempt->child = event.other;
        spawners_[event.other] = event.pid;
      }
      return;
  }
}

void Tracker::forked(const Event& event) {
  Process child;
  child.parent = event.other;
  child.threads[event.pid] = {std::make_shared<const std::string>(event.text(audit::ThreadText::name))};
  if (const auto parent = processes_.find(event.other); parent != processes_.end()) {
    child.program = parent->second.program;
    child.history = History(parent->second.history.as_of(event.seen));
    child.withheld = parent->second.withheld;
    child.exec = parent->second.exec;
    child.made_from = event.other;
    child.made_at = event.seen;
  }
  // Its number may have been another's.
  take_spawns(event.pid, false);
  processes_[event.pid] = std::move(child);
}

/// With the stack that its thread has left before, where that is named again.
std::shared_ptr<const Making> Tracker::making_of(Event event, Process& process) {
  Thread& thread = process.threads[event.tid];
  if (event.stack != nullptr) {
    thread.stack = event.stack;
    thread.stack_ticket = *event.stack_ticket;
  } else if (event.stack_ticket && *event.stack_ticket == thread.stack_ticket) {
    event.stack = thread.stack;
  }
  return std::make_shared<const Making>(Making{std::move(event), process.program, thread.name});
}

/// A thread may get its name after it has made a descriptor. While it lives, and runs the same program, /proc knows.
void Tracker::name_thread(Creation& created) {
  const auto process = processes_.find(created.pid);
  if (process == processes_.end() || *process->second.program != created.program) return;
  Thread& thread = process->second.threads[created.tid];
  if (!std::exchange(thread.was_looked_at, true) && look_.thread_name)
    if (std::string name = look_.thread_name(created.pid, created.tid); !name.empty())
      thread.name = std::make_shared<const std::string>(std::move(name));
  created.thread = *thread.name;
}

void Tracker::made(Event event) {
  Process& process = processes_[event.pid];
  const int fd = event.fd;
  const std::uint64_t ticket = event.ticket;
  Descriptor descriptor;
  descriptor.is_inheritable = event.has(audit::is_inheritable);
  descriptor.is_forced = event.has(audit::was_forced);
  // Bare another call would have got another number.
  if (is_at_number(event.view(audit::MadeText::call))) process.withheld.erase(fd);
  const auto making = making_of(std::move(event), process);
  descriptor.made = making;
  // The two ends come one behind the other, from one thread.
  const std::shared_ptr<const Making> before = std::exchange(process.last_made, nullptr);
  const std::string_view call = making->event.view(audit::MadeText::call);
  if (is_pair(call)) {
    if (before != nullptr && before->event.tid == making->event.tid && before->event.offset == making->event.offset &&
        before->event.view(audit::MadeText::call) == call) {
      descriptor.other_end = before->event.fd;
      descriptor.is_write_end = true;
      if (Descriptor* first = process.history.edit(before->event.fd)) first->other_end = fd;
    } else {
      process.last_made = making;
    }
  }
  process.history.change(fd, ticket, std::move(descriptor));
}

void Tracker::flagged(const Event& event) {
  Process& process = processes_[event.pid];
  History& history = process.history;
  const bool is_inheritable = event.has(audit::is_inheritable);
  const auto by = is_inheritable ? making_of(event, process) : nullptr;
  const auto mark = [&](int fd, Descriptor descriptor) {
    descriptor.is_inheritable = is_inheritable;
    descriptor.is_forced = false;
    if (is_inheritable) {
      descriptor.is_asked_for = true;
      descriptor.cleared = by;
    }
    history.change(fd, event.ticket, std::move(descriptor));
  };
  if (event.fd == event.other) {
    const Descriptor* known = history.now().find(event.fd);
    return mark(event.fd, known != nullptr && known->is_open ? *known : Descriptor());
  }
  // While a copy is gone through.
  const Table now = history.now();
  now.each_open(event.fd, last_of(event), mark);
}

void Tracker::closed(const Event& event) {
  Process& process = processes_[event.pid];
  if (event.has(audit::was_missing)) event.fd == event.other ? missed(event, "close") : cleared_out(event);
  History& history = process.history;
  const Descriptor* const own = event.fd == event.other ? history.now().find(event.fd) : nullptr;
  // Bare its own would have another number.
  if (own == nullptr || !own->is_open) {
    const Table withheld = process.withheld;
    withheld.each_open(event.fd, last_of(event), [&](int fd, const Descriptor&) { process.withheld.erase(fd); });
  }
  if (event.has(audit::was_missing)) return;
  const auto close = [&](int fd, Descriptor descriptor) {
    descriptor.is_open = false;
    history.change(fd, event.ticket, std::move(descriptor));
  };
  if (event.fd == event.other) {
    if (own != nullptr && own->is_open) close(event.fd, Descriptor(*own));
    return;
  }
  const Table now = history.now();
  now.each_open(event.fd, last_of(event), close);
}

/// What it is, by the kernel's word.
void Tracker::kept(const Event& event) {
  Attempt* const attempt = last_attempt(event);
  Descriptor* const descriptor = attempt != nullptr ? attempt->before.edit(event.fd) : nullptr;
  if (descriptor == nullptr || !descriptor->is_open) return;
  const Description description = describe_arrived(event);
  Crossing crossing = descriptor->crossing(event.fd);
  crossing.object = description.object;
  crossing.target = descriptor->other_end >= 0
                        ? target_of_pair(*descriptor, crossing, event.text(audit::ArrivedText::link))
                        : description.target;
  descriptor->known = shared(std::move(crossing));
}

void Tracker::note_in_row(Process& process, int fd, const std::string& call) {
  Misses& row = process.misses;
  const Table& open = process.history.now();
  bool goes_on = row.call == call && fd > row.last;
  for (int between = row.last + 1; goes_on && between < fd; ++between) {
    const Descriptor* const one = open.find(between);
    goes_on = one != nullptr && one->is_open;
  }
  if (!goes_on) row = {call, fd, fd};
  row.last = fd;
  row.has_others = row.has_others || process.withheld.find(fd) == nullptr;
}

/// A use tells more than that the number was closed.
void Tracker::missed(const Event& event, const std::string& call) {
  Process& process = processes_[event.pid];
  note_in_row(process, event.fd, call);
  if (process.misses.has_others) return clear_missed(process.exec, process.misses.first, process.misses.last, call);
  const auto withheld = withheld_.find(process.exec);
  if (withheld == withheld_.end()) return;
  Descriptor* const descriptor = withheld->second.edit(event.fd);
  if (descriptor == nullptr || is_needed(*descriptor->known)) return;
  Crossing crossing = *descriptor->known;
  crossing.missed_by = call;
  descriptor->known = shared(std::move(crossing));
}

/// Numbers that are closed one after the other are not missed, nor was the first of them.
void Tracker::cleared_out(const Event& event) {
  clear_missed(processes_[event.pid].exec, event.fd, event.other, "close");
}

void Tracker::clear_missed(std::size_t exec, int first, int last, const std::string& call) {
  const auto withheld = withheld_.find(exec);
  if (withheld == withheld_.end()) return;
  const Table now = withheld->second;
  now.each_open(first, last, [&](int fd, Descriptor descriptor) {
    if (descriptor.known->missed_by != call) return;
    Crossing crossing = *descriptor.known;
    crossing.missed_by.clear();
    descriptor.known = shared(std::move(crossing));
    withheld->second.set(fd, std::move(descriptor));
  });
}

void Tracker::attempted(const Event& event) {
  Process& process = processes_[event.pid];
  Attempt attempt;
  attempt.ticket = event.ticket;
  attempt.tid = event.tid;
  attempt.makes_process = event.has(audit::as_child);
  attempt.exec.call = event.text(audit::ExecText::call);
  attempt.exec.program = event.text(audit::ExecText::program);
  attempt.exec.argv0 = event.text(audit::ExecText::argv0);
  attempt.exec.time = time_now();
  attempt.before = process.history.now();
  attempt.withheld = process.withheld;
  process.attempts.emplace(event.ticket, std::move(attempt));
  pending_.push_back({event.pid, event.ticket});
}

/// A program that the shim cannot enter does not say what it has got. While it lives, /proc does. Whether there was
/// something to look for.
bool Tracker::name_unnamed(int pid, const Process& process, Attempt& attempt) {
  constexpr std::size_t most = 64;
  std::vector<int> unnamed;
  attempt.before.each_open(lowest, highest, [&](int fd, const Descriptor& descriptor) {
    const Descriptor* now = process.history.now().find(fd);
    const bool is_the_same = now != nullptr && now->since == descriptor.since;
    if (is_the_same && !descriptor.has_target() && unnamed.size() < most) unnamed.push_back(fd);
  });
  const std::vector<Description> found = look_.descriptors(pid, unnamed);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].object.empty()) continue;
    Descriptor& descriptor = *attempt.before.edit(unnamed[i]);
    Crossing crossing = descriptor.crossing(unnamed[i]);
    crossing.object = found[i].object;
    crossing.target = target_of_pair(descriptor, crossing, found[i].target);
    descriptor.known = shared(std::move(crossing));
  }
  return !unnamed.empty();
}

/// Whether that was much work.
bool Tracker::look_at(int pid, const Process& process, Attempt& attempt) {
  // The first looks may come before the exec.
  constexpr unsigned most = 32;
  if (attempt.looks == most) return false;
  const int started = attempt.makes_process ? attempt.child : pid;
  if (attempt.exec.obstacle.empty() && started != 0) attempt.exec.obstacle = look_.obstacle(started);
  return attempt.looks++ == 0 && name_unnamed(pid, process, attempt);
}

void Tracker::look_at_pending() {
  constexpr std::size_t most = 16;
  for (std::size_t left = std::min(most, pending_.size()); left > 0; --left) {
    const Pending pending = pending_.front();
    pending_.pop_front();
    const auto process = processes_.find(pending.pid);
    if (process == processes_.end()) continue;
    const auto found = process->second.attempts.find(pending.ticket);
    if (found == process->second.attempts.end()) continue;
    Attempt& attempt = found->second;
    if (attempt.has_ended) {
      add_unseen(pending.pid, process->second, attempt);
      process->second.attempts.erase(found);
      continue;
    }
    const int started = attempt.makes_process ? attempt.child : pending.pid;
    attempt.has_ended = started != 0 && look_.is_gone(started);
    pending_.push_back(pending);
    if (look_at(pending.pid, process->second, attempt)) return;
  }
}

Tracker::Attempt* Tracker::last_attempt(const Event& event) {
  auto& attempts = processes_[event.pid].attempts;
  const auto last =
      std::find_if(attempts.rbegin(), attempts.rend(), [&](const auto& one) { return one.second.tid == event.tid; });
  return last == attempts.rend() ? nullptr : &last->second;
}

/// The exec by which `pid` came to its program, and in `from` the process whose descriptors it began with.
std::optional<Tracker::Attempt> Tracker::take_attempt(int pid, int parent, const std::string& argv0,
                                                      std::uint64_t ticket, int& from) {
  const auto take = [&](int owner, auto is_it) -> std::optional<Attempt> {
    const auto process = processes_.find(owner);
    if (process == processes_.end()) return {};
    auto& attempts = process->second.attempts;
    const auto found =
        std::find_if(attempts.begin(), attempts.end(), [&](const auto& one) { return is_it(one.second); });
    if (found == attempts.end()) return {};
    Attempt attempt = std::move(found->second);
    attempts.erase(found);
    from = owner;
    return attempt;
  };
  if (auto own = take(pid, [](const Attempt& one) { return !one.makes_process; })) return own;
  // Its parent may have ended meanwhile, and be another one.
  const auto spawner = spawners_.find(pid);
  if (auto known = take(spawner != spawners_.end() ? spawner->second : parent,
                        [=](const Attempt& one) { return one.makes_process && one.child == pid; }))
    return known;
  const auto fits = [&](const Attempt& one) { return one.makes_process && one.child == 0 && one.ticket < ticket; };
  if (auto named = take(parent, [&](const Attempt& one) { return fits(one) && one.exec.argv0 == argv0; })) return named;
  return take(parent, fits);
}

/// What a process has started that has said nothing yet stays its own when it becomes another program. What is left of
/// another one, whose number it has got, will never say anything.
std::map<std::uint64_t, Tracker::Attempt> Tracker::take_spawns(int pid, bool is_same_process) {
  const auto process = processes_.find(pid);
  if (process == processes_.end()) return {};
  auto& attempts = process->second.attempts;
  if (!is_same_process)
    retire(pid, process->second);
  else
    std::erase_if(attempts, [](const auto& one) { return !one.second.makes_process; });
  return std::exchange(attempts, {});
}

/// The exec by which a process has become a program that says nothing; null when it has not.
const Tracker::Attempt* Tracker::unanswered_exec(const Process& process) {
  const auto& attempts = process.attempts;
  const auto last =
      std::find_if(attempts.rbegin(), attempts.rend(), [](const auto& one) { return !one.second.makes_process; });
  return last == attempts.rend() ? nullptr : &last->second;
}

void Tracker::started(const Event& event) {
  int from = 0;
  std::optional<Attempt> attempt =
      take_attempt(event.pid, event.other, event.text(audit::StartText::argv0), event.ticket, from);
  Process next;
  next.parent = event.other;
  next.program = std::make_shared<const std::string>(event.text(audit::StartText::executable));
  next.threads[event.pid] = {std::make_shared<const std::string>(event.text(audit::StartText::thread))};
  next.exec = execs_.size();
  if (attempt) {
    next.was_spawned = attempt->makes_process;
    next.given = std::move(attempt->given);
    next.made_at = attempt->ticket;
    next.inherited = std::move(attempt->before);
    next.withheld = std::move(attempt->withheld);
  } else {
    // Forked unseen, or the command itself.
    from = processes_.contains(event.pid) ? event.pid : event.other;
    next.made_at = event.ticket;
    if (const auto before = processes_.find(from); before != processes_.end()) {
      const Attempt* const unanswered = unanswered_exec(before->second);
      next.inherited = unanswered != nullptr ? unanswered->before : before->second.history.now();
      next.withheld = before->second.withheld;
      if (unanswered != nullptr) from = 0;
    }
  }
  next.withheld = withheld_from(next.inherited, std::move(next.withheld), next.given);
  if (!next.withheld.is_empty()) withheld_[next.exec] = next.withheld;
  next.made_from = from;
  // What a forked child has got unrecorded, it has got from its parent.
  const auto before = processes_.find(from);
  if (from == event.pid && before != processes_.end() && before->second.made_from != 0) {
    next.made_from = before->second.made_from;
    next.forked_at = before->second.made_at;
  } else {
    next.forked_at = next.made_at;
  }
  next.attempts = take_spawns(event.pid, from == event.pid);
  Exec exec;
  exec.pid = event.pid;
  exec.ppid = event.other;
  exec.program = event.text(audit::StartText::executable);
  exec.argv0 = event.text(audit::StartText::argv0);
  if (attempt) exec.call = attempt->exec.call;
  if (event.has(audit::is_blind))
    for (auto& crossing : inherited(next.inherited, next.given)) {
      Descriptor descriptor = *next.inherited.find(crossing->fd);
      descriptor.known = crossing;
      descriptor.is_inheritable = true;
      next.history.begin_with(crossing->fd, std::move(descriptor));
      exec.fds.push_back(std::move(crossing));
    }
  exec.argv = look_.arguments(event.pid, exec.program);
  exec.time = time_now();
  execs_.push_back(std::move(exec));
  processes_[event.pid] = std::move(next);
}

void Tracker::arrived(const Event& event) {
  if (event.fd < lowest) return;
  Process& process = processes_[event.pid];
  if (process.exec >= execs_.size() || execs_[process.exec].pid != event.pid) return;
  process.withheld.erase(event.fd);
  if (const auto withheld = withheld_.find(process.exec); withheld != withheld_.end()) withheld->second.erase(event.fd);
  const Descriptor* before = process.inherited.find(event.fd);
  if (before != nullptr && !before->is_open) before = nullptr;
  Descriptor descriptor = before != nullptr ? *before : Descriptor();
  Crossing crossing = descriptor.crossing(event.fd);
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
  crossing.target = descriptor.other_end >= 0 && crossing.created.pid != 0
                        ? target_of_pair(descriptor, crossing, event.text(audit::ArrivedText::link))
                        : description.target;
  if (before == nullptr && crossing.what != Class::foreign)
    if (const Descriptor* made = find_unrecorded(process, event, crossing.target)) {
      const Crossing known = made->crossing(event.fd);
      crossing.created = known.created;
      if (crossing.what != Class::exempt) {
        crossing.what = known.what;
        crossing.rule = known.rule;
      }
    }
  if (crossing.what == Class::leak) ++leaks_;
  name_thread(crossing.created);
  descriptor.known = shared(std::move(crossing));
  descriptor.is_asked_for = false;
  descriptor.is_inheritable = true;
  execs_[process.exec].fds.push_back(descriptor.known);
  process.history.begin_with(event.fd, std::move(descriptor));
}

/// What has arrived with the number, when its process was forked while another thread was between making a descriptor
/// and recording it, or between recording its end and closing it. Null when nothing is known.
const Descriptor* Tracker::find_unrecorded(const Process& process, const Event& arrived,
                                           const std::string& target) const {
  const auto parent = processes_.find(process.made_from);
  if (parent == processes_.end()) return nullptr;
  const Descriptor* begun = nullptr;
  for (const Descriptor* version : parent->second.history.versions(arrived.fd)) {
    if (version->since <= process.forked_at) {
      const bool is_it = begun == nullptr || target.ends_with(version->crossing(arrived.fd).target);
      return is_it ? version : begun;
    }
    if (version->since < arrived.ticket && version->is_open) begun = version;
  }
  return begun;
}

/// In the words of who made it.
Crossing Tracker::crossing_of(int fd, const Descriptor& descriptor) const {
  Crossing crossing = descriptor.crossing(fd);
  if (descriptor.other_end >= 0 && crossing.target.empty()) crossing.target = target_of_pair(descriptor, crossing, {});
  return crossing;
}

/// What an exec has not passed on of a table, because the shim has marked it, and of what was withheld `before`.
Table Tracker::withheld_from(const Table& open, Table before, const std::map<int, Gift>& given) {
  open.each_open(lowest, highest, [&](int fd, const Descriptor& descriptor) {
    if (!descriptor.is_forced || given.contains(fd)) return;
    Descriptor withheld = descriptor;
    Crossing crossing = crossing_of(fd, descriptor);
    crossing.what = Class::withheld;
    withheld.known = shared(std::move(crossing));
    before.set(fd, std::move(withheld));
  });
  return before;
}

/// What an exec has left of a table, by the word of who made it.
std::vector<std::shared_ptr<const Crossing>> Tracker::inherited(const Table& table, const std::map<int, Gift>& given) {
  std::vector<std::shared_ptr<const Crossing>> crossings;
  table.each_open(lowest, highest, [&](int fd, const Descriptor& descriptor) {
    const auto gift = given.find(fd);
    if (!descriptor.is_inheritable && gift == given.end()) return;
    Crossing crossing = crossing_of(fd, descriptor);
    if (gift != given.end()) gift->second.note_in(crossing);
    if (crossing.what == Class::leak) ++leaks_;
    name_thread(crossing.created);
    crossings.push_back(shared(std::move(crossing)));
  });
  return crossings;
}

/// A program that says nothing of itself.
void Tracker::add_unseen(int pid, const Process& process, const Attempt& attempt) {
  Exec exec = attempt.exec;
  exec.has_shim = false;
  exec.pid = attempt.makes_process ? attempt.child : pid;
  exec.ppid = attempt.makes_process ? pid : process.parent;
  for (auto& crossing : inherited(attempt.before, attempt.given)) exec.fds.push_back(std::move(crossing));
  if (Table withheld = withheld_from(attempt.before, attempt.withheld, attempt.given); !withheld.is_empty())
    withheld_[execs_.size()] = std::move(withheld);
  execs_.push_back(std::move(exec));
}

/// Of what it has started nothing will be heard any more.
void Tracker::retire(int pid, Process& process) {
  for (const auto& [ticket, attempt] : process.attempts) add_unseen(pid, process, attempt);
  process.attempts.clear();
}

std::vector<Exec> Tracker::finish() {
  std::multimap<std::uint64_t, int> owners;
  for (const auto& [pid, process] : processes_)
    for (const auto& [ticket, attempt] : process.attempts) owners.emplace(ticket, pid);
  for (const auto& [ticket, pid] : owners) add_unseen(pid, processes_[pid], processes_[pid].attempts[ticket]);
  for (const auto& [place, withheld] : withheld_)
    withheld.each_open(lowest, highest,
                       [&, at = place](int, const Descriptor& one) { execs_[at].fds.push_back(one.known); });
  return std::move(execs_);
}

}  // namespace cloexec::cli
