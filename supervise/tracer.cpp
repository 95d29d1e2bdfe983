// SPDX-License-Identifier: Apache-2.0

#include "supervise/tracer.h"

#include <elf.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>
#include <vector>

#include "policy/glob.h"
#include "supervise/calls.h"
#include "supervise/origin.h"
#include "supervise/program.h"
#include "trace/machine.h"
#include "trace/proc.h"
#include "trace/tracee.h"

namespace cloexec::supervise {
namespace {

using Stops = std::vector<std::pair<pid_t, int>>;

/// What can be waited for; nothing when there is none now (WNOHANG), when nobody is left, or when a signal has come:
/// then errno says EINTR.
Stops wait_for_stop(int flags) {
  int status = 0;
  errno = 0;
  const pid_t task = waitpid(-1, &status, __WALL | __WNOTHREAD | flags);
  return task > 0 ? Stops{{task, status}} : Stops();
}

/// The kernel looks for a stop in the same order each time, so that whoever stops often could keep others waiting: what
/// else can be had now.
void add_all(Stops& stops) {
  constexpr std::size_t most = 256;
  while (stops.size() < most) {
    const Stops more = wait_for_stop(WNOHANG);
    if (more.empty()) return;
    stops.push_back(more.front());
  }
}

bool is_thread_of(pid_t process, pid_t task) { return tgkill(process, task, 0) == 0; }

/// What a child may wait for its parent to say that it has made it; on a busy machine the kernel takes some time for
/// that.
constexpr std::chrono::milliseconds patience{500};

/// argv[0], from where the kernel has put it (System V ABI, initial process stack).
std::string first_argument(pid_t process) {
  Registers registers;
  if (!registers.read(process)) return {};
  const bool is_narrow = registers.are_narrow();
  const auto pointer = peek(process, registers.stack_pointer() + (is_narrow ? 4 : 8));
  if (!pointer) return {};
  return text_at(process, is_narrow ? *pointer & 0xFFFFFFFF : *pointer);
}

/// More of a line of processes that fork and end are not kept.
constexpr unsigned most_generations = 8;

std::shared_ptr<Birth> birth_from(const std::shared_ptr<Process>& parent, pid_t parent_task) {
  auto birth = std::make_shared<Birth>();
  birth->parent = parent;
  birth->parent_task = parent_task;
  if (!parent->birth) return birth;
  birth->is_cut = parent->birth->depth == most_generations;
  if (birth->is_cut) return birth;
  birth->parents = parent->birth;
  birth->depth = parent->birth->depth + 1;
  return birth;
}

}  // namespace

int Tracer::attach(pid_t process) {
  const int error = seize(process);
  if (error != 0) return error;
  auto image = std::make_shared<Image>();
  image->arrived = list(process);
  tree_.add_process(process, std::move(image), nullptr);
  return 0;
}

void Tracer::run() {
  constexpr unsigned period = 16;
  for (unsigned round = 0;; ++round) {
    if (!unclaimed_.empty()) adopt_orphans();
    // Nobody may wait for ever for one that has ended.
    if (!unclaimed_.empty()) alarm_.repeat(patience);
    Stops stops = wait_for_stop(0);
    if (stops.empty() && errno != EINTR) return;
    // To begin and to end it with each child would cost more.
    if (stops.empty() && unclaimed_.empty()) alarm_.stop();
    if (round % period == 0) add_all(stops);
    for (const auto& [task, status] : stops) take(task, status);
  }
}

void Tracer::take(pid_t task, int status) {
  if (stop_of(status) == Stop::ended) return ended(task);
  if (Task* const known = tree_.find(task); known != nullptr) return stopped(task, *known, status);
  // It stays stopped: before it is known whose child it is, it must not change what it has got.
  unclaimed_[task] = {status, Clock::now()};
}

void Tracer::stopped(pid_t task, Task& known, int status) {
  if (!known.has_stopped) first_stop(task, known);
  const Stop stop = stop_of(status);
  switch (stop) {
    case Stop::by_signal:
      return resume(task, known, WSTOPSIG(status));
    case Stop::job:
      return let_go(task, Way::stay_stopped);
    case Stop::call:
      return called(task, known);
    case Stop::has_made:
    case Stop::has_lent:
      return made(task, known, stop);
    case Stop::has_execed:
      return execed(task);
    case Stop::trap:
    case Stop::ended:
      return resume(task, known);
  }
}

void Tracer::first_stop(pid_t task, Task& known) {
  known.has_stopped = true;
  const std::shared_ptr<Birth>& birth = known.process->birth;
  if (birth && birth->must_be_listed) birth->got = list(task, most_listed);
}

void Tracer::resume(pid_t task, const Task& known, int signal) {
  const bool stops_at_calls = known.injection || known.watch.due();
  let_go(task, stops_at_calls ? Way::to_next_call : Way::run, signal);
}

void Tracer::ended(pid_t task) {
  unclaimed_.erase(task);
  if (const Task* const known = tree_.find(task); known != nullptr) {
    const std::shared_ptr<Process> process = known->process;
    tree_.remove(task);
    if (!process->is_alive) release_lender(*process);
  }
}

/// Whoever waits for a vfork child was kept stopped, as it would be waiting in the kernel.
void Tracer::release_lender(Process& process) {
  const pid_t lender = std::exchange(process.lender, 0);
  if (const Task* const known = lender != 0 ? tree_.find(lender) : nullptr; known != nullptr) resume(lender, *known);
}

void Tracer::made(pid_t task, Task& maker, Stop stop) {
  const pid_t child = event_message(task);
  // A child may be killed, and its end be heard of, before this: it has nothing to be waited for.
  if (child != 0 && tree_.find(child) == nullptr && is_traced(child)) {
    if (!is_thread_of(maker.process->id, child)) return made_process(task, maker, child, stop == Stop::has_lent);
    tree_.add_thread(child, maker.process);
    claim(child);
  }
  resume(task, maker);
}

void Tracer::made_process(pid_t task, Task& maker, pid_t child, bool lends) {
  const std::shared_ptr<Process> process = add_child(task, maker.process, child);
  const std::shared_ptr<Birth> birth = process->birth;
  const bool is_alone = maker.process->tasks == 1 && !maker.process->shares_table;
  birth->must_be_listed = !is_alone && !birth->shares_table;
  if (lends) process->lender = task;
  claim(child);
  if (lends) return;
  // While its child runs already.
  if (is_alone) note(task, maker, birth);
  resume(task, maker);
}

std::shared_ptr<Process> Tracer::add_child(pid_t task, const std::shared_ptr<Process>& parent, pid_t child) {
  if (parent->birth) settle(*parent->birth);
  const std::shared_ptr<Birth> birth = birth_from(parent, task);
  birth->shares_table = shares_table(task, child);
  parent->shares_table = parent->shares_table || birth->shares_table;
  std::shared_ptr<Process> process = tree_.add_process(child, parent->image, birth);
  process->shares_table = birth->shares_table;
  return process;
}

/// A few are listed at once. Of many it is waited whether that is necessary: most parents wait until their child, which
/// soon is another program, has ended.
void Tracer::note(pid_t task, Task& maker, const std::shared_ptr<Birth>& birth) {
  constexpr std::size_t few = 16;
  birth->got = list_if_few(task, few);
  if (!birth->got) maker.watch = {birth};
}

/// At the beginning or the end of a system call of a thread that has forked.
void Tracer::watch(pid_t task, Watch& watch) {
  const std::shared_ptr<Birth> birth = watch.due();
  constexpr unsigned most_stops = 8;
  if (birth && (++watch.stops > most_stops || may_change_descriptors(task))) settle(*birth);
}

/// Lets go a child that has been waiting.
void Tracer::claim(pid_t child) {
  const auto waiting = unclaimed_.find(child);
  if (waiting == unclaimed_.end()) return;
  const int status = waiting->second.status;
  unclaimed_.erase(waiting);
  take(child, status);
}

/// Who was killed just after a fork does not say any more what it has made, and who gets no time on a busy machine says
/// it late: nobody is kept waiting for it.
void Tracer::adopt_orphans() {
  std::vector<pid_t> orphans;
  for (const auto& [task, unclaimed] : unclaimed_)
    if (Clock::now() - unclaimed.since >= patience) orphans.push_back(task);
  for (const pid_t orphan : orphans) {
    adopt(orphan);
    claim(orphan);
  }
}

void Tracer::adopt(pid_t orphan) {
  if (const pid_t leader = number_in_status(orphan, "Tgid"); leader != orphan)
    if (const Task* const known = tree_.find(leader)) return tree_.add_thread(orphan, known->process);
  const pid_t parent = number_in_status(orphan, "PPid");
  if (const Task* const known = tree_.find(parent)) {
    const std::shared_ptr<Birth> birth = add_child(parent, known->process, orphan)->birth;
    birth->must_be_listed = !birth->shares_table;
    return;
  }
  // It has taken its parent's place, of whom nothing is known: it passes on what it has.
  auto image = std::make_shared<Image>();
  image->arrived = Listing::unknown();
  tree_.add_process(orphan, std::move(image), nullptr);
}

bool Tracer::steps_aside(pid_t process) {
  const std::string name = first_argument(process);
  const bool is_tracer = !options_.step_aside.empty() && matches_program(options_.step_aside, name);
  if (!is_tracer && !(options_.traces_itself && options_.traces_itself(process))) return false;
  if (observer_ != nullptr) observer_->stepped_aside(process, name);
  return true;
}

void Tracer::execed(pid_t process_id) {
  if (const Task* const leader = tree_.find(process_id); leader == nullptr || leader->process->tasks > 1)
    tree_.keep_only(process_id, event_message(process_id));
  Task* const known = tree_.find(process_id);
  if (known == nullptr) return let_go(process_id, Way::run);
  const std::shared_ptr<Process> process = known->process;
  if (steps_aside(process_id)) {
    tree_.remove(process_id);
    release_lender(*process);
    return let_go(process_id, Way::leave);
  }
  auto image = std::make_shared<Image>();
  const Descriptors descriptors(process_id);
  if (descriptors.can_be_read()) {
    judge(*process, descriptors, known->injection, *image);
  } else {
    image->arrived = Listing::unknown();
    if (observer_ != nullptr) observer_->unseen(process_id);
  }
  process->image = std::move(image);
  process->birth = nullptr;
  process->shares_table = false;
  release_lender(*process);
  resume(process_id, *known);
}

void Tracer::judge(const Process& process, const Descriptors& descriptors, std::unique_ptr<Injection>& injection,
                   Image& next) {
  bool are_all = true;
  const std::vector<int> numbers = descriptors.numbers(SIZE_MAX, are_all);
  if (numbers.empty() && observer_ == nullptr) return;
  Program program(process.id);
  Judge judge(options_.rules, process, program, descriptors);
  std::vector<int> closed;
  std::vector<int> kept;
  std::vector<Crossing> crossings;
  for (const int fd : numbers) {
    crossings.push_back(judge.judge(fd));
    const bool is_closed = options_.closes && crossings.back().reason == Reason::leaked;
    (is_closed ? closed : kept).push_back(fd);
    if (is_closed) continue;
    if (const auto identity = descriptors.identity(fd)) next.arrived.files.emplace_back(fd, *identity);
  }
  if (observer_ != nullptr) {
    next.crossings = crossings;
    report(process, program, std::move(crossings));
  }
  if (closed.empty()) return;
  injection = std::make_unique<Injection>(std::move(closed), kept, program.auxiliary().get(AT_SYSINFO_EHDR));
}

void Tracer::report(const Process& process, Program& program, std::vector<Crossing> crossings) {
  Exec exec;
  exec.process = process.id;
  exec.program = program.path();
  exec.crossings = std::move(crossings);
  observer_->execed(exec);
}

void Tracer::called(pid_t task, Task& known) {
  watch(task, known.watch);
  if (known.injection && !known.injection->advance(task)) {
    if (observer_ != nullptr) observer_->closed(task, known.injection->left());
    known.injection.reset();
  }
  resume(task, known);
}

}  // namespace cloexec::supervise
