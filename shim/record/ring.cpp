// SPDX-License-Identifier: Apache-2.0

#include "shim/record/ring.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

#include "shim/host/memory.h"
#include "shim/host/thread_name.h"
#include "shim/process/borrowed.h"
#include "shim/process/phase.h"
#include "shim/record/door.h"
#include "shim/record/stack/copy.h"

namespace cloexec {

constinit audit::Ring* ring = nullptr;

namespace {

using audit::Event;
using audit::Record;

constinit std::uint32_t slot_mask = 0;
/// The last process that made a record, which a forked child finds here; and the ticket of its last one.
constinit int last_process = 0;
constinit std::uint32_t last_ticket = 0;
constinit thread_local int own_thread = 0;
/// The vfork child that borrows this thread, or did last, once it has said whose child it is.
constinit thread_local int told_child = 0;
/// Processes that live in our memory beside us and have said so: the last few.
constexpr unsigned most_sharing = 16;
constinit int sharing[most_sharing] = {};
constinit unsigned sharing_count = 0;

Record* claim(Event event, int process, int thread) {
  for (unsigned attempt = 0; attempt < audit::most_attempts; ++attempt) {
    const std::uint32_t ticket = __atomic_fetch_add(&ring->next_ticket, 1, __ATOMIC_RELAXED);
    Record* const record = slots_of(ring) + (ticket & slot_mask);
    // A page that is read first comes with its neighbours, one that is written alone.
    std::uint32_t expected = __atomic_load_n(&record->state, __ATOMIC_RELAXED);
    if (expected != audit::is_free) continue;
    if (!__atomic_compare_exchange_n(&record->state, &expected, audit::is_claimed, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
      continue;
    record->ticket = ticket;
    record->pid = process;
    record->tid = thread;
    record->event = event;
    record->flags = 0;
    record->text_size = 0;
    record->fd = -1;
    record->other = 0;
    record->detail = 0;
    return record;
  }
  __atomic_fetch_add(&ring->lost, 1, __ATOMIC_RELAXED);
  return nullptr;
}

/// Adds a text, or as much of it as there is room for.
void add_text(Record& record, std::string_view text) {
  // Asked once: whoever has the ring may write there.
  std::size_t at = __atomic_load_n(&record.text_size, __ATOMIC_RELAXED);
  if (at + 2 > sizeof record.text) return;
  const std::size_t room = sizeof record.text - at - 2;
  if (text.size() > room) record.flags |= audit::is_cut;
  const std::size_t size = text.size() < room ? text.size() : room;
  const auto written = static_cast<std::uint16_t>(size);
  std::memcpy(record.text + at, &written, sizeof written);
  // The data of an empty text may be null, which memcpy must not be given.
  if (size != 0) std::memcpy(record.text + at + 2, text.data(), size);
  record.text_size = static_cast<std::uint16_t>(at + 2 + size);
}

void publish(Record* record) { __atomic_store_n(&record->state, audit::is_ready, __ATOMIC_RELEASE); }

/// Says which process this one was forked off, and what that one had recorded until then.
void record_fork(int process, int parent, std::uint32_t seen) {
  if (parent == 0) return;
  Record* const record = claim(Event::forked, process, process);
  if (record == nullptr) return;
  record->other = parent;
  record->ticket_seen = seen;
  add_text(*record, ThreadName().text());
  publish(record);
}

void record_thread(int process, int thread) {
  Record* const record = claim(Event::thread, process, thread);
  if (record == nullptr) return;
  add_text(*record, ThreadName().text());
  publish(record);
}

int vfork_child() {
  if (told_child != borrowed.child) record_fork(borrowed.child, last_process, last_ticket);
  told_child = borrowed.child;
  return borrowed.child;
}

/// One that shares this memory with the process whose memory it is.
int sharing_process(int pid) {
  for (const int known : sharing)
    if (pid == known) return pid;
  sharing[__atomic_fetch_add(&sharing_count, 1, __ATOMIC_RELAXED) % most_sharing] = pid;
  record_fork(pid, last_process, last_ticket);
  return pid;
}

/// The process that makes this record. A forked child finds that the kernel has wiped what its parent knew of itself.
int process() {
  if (is_vfork_child()) return vfork_child();
  // Ids alone tell such processes apart.
  if (shares_memory())
    if (const auto pid = static_cast<int>(raw_syscall(__NR_getpid)); pid != process_id()) return sharing_process(pid);
  if (wiped.recorded != 0) return wiped.recorded;
  const int pid = process_id();
  wiped.recorded = pid;
  own_thread = pid;
  const int parent = last_process;
  last_process = pid;
  if (borrowed.forked_off != 0 && borrowed.forked_off == told_child)
    record_fork(pid, told_child, __atomic_load_n(&ring->next_ticket, __ATOMIC_RELAXED) - 1);
  else
    record_fork(pid, parent, last_ticket);
  return pid;
}

int thread(int process) {
  if (is_vfork_child()) return process;
  if (shares_memory()) return static_cast<int>(raw_syscall(__NR_gettid));
  if (own_thread == 0) {
    own_thread = static_cast<int>(raw_syscall(__NR_gettid));
    if (own_thread != process) record_thread(process, own_thread);
  }
  return own_thread;
}

/// How many slots `file` has; 0 when it is no ring. Asked once: others write to it meanwhile.
std::uint32_t count_slots(const audit::Ring& file, std::size_t size) {
  const std::uint32_t count = __atomic_load_n(&file.slot_count, __ATOMIC_RELAXED);
  const bool is_ring = std::memcmp(file.magic, audit::magic.data(), audit::magic.size()) == 0 &&
                       file.record_size == sizeof(Record) && (count & (count - 1)) == 0 &&
                       size >= sizeof(audit::Ring) + std::uint64_t{count} * sizeof(Record);
  return is_ring ? count : 0;
}

/// Whether `fd` is a ring that may be written to, which is then mapped. Closes it.
bool map_file(int fd) {
  if (fd < 0) return false;
  Machine::Status status{};
  const bool is_file = raw_syscall(fstat_number, fd, reinterpret_cast<long>(&status)) == 0 && S_ISREG(status.st_mode) &&
                       is_trusted(status.st_uid) && static_cast<std::size_t>(status.st_size) >= sizeof(audit::Ring);
  const auto size = static_cast<std::size_t>(status.st_size);
  auto* const file = is_file ? static_cast<audit::Ring*>(map_shared(size, fd)) : nullptr;
  raw_syscall(__NR_close, fd);
  if (file == nullptr) return false;
  const std::uint32_t count = count_slots(*file, size);
  if (count == 0 || !find_stacks(file, size, count)) {
    unmap_memory(file, size);
    return false;
  }
  // Whatever is written there later, no slot beyond the file is touched.
  slot_mask = count - 1;
  ring = file;
  return true;
}

}  // namespace

void map_ring(const char* path) {
  const long fd =
      raw_syscall(__NR_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (!map_file(static_cast<int>(fd))) map_file(ask_for_ring(path));
}

constinit thread_local MissedCloses missed_closes;

void MissedCloses::add(int fd) {
  const bool is_next = first >= 0 && (fd == last + 1 || fd == first - 1);
  if (!is_next) {
    tell();
    first = last = fd;
  }
  first = fd < first ? fd : first;
  last = fd > last ? fd : last;
  const auto count = static_cast<unsigned>(last - first) + 1;
  if ((count & (count - 1)) != 0) return;
  const MissedCloses all = *this;
  tell();
  *this = all;
}

void MissedCloses::tell() {
  if (first < 0) return;
  const MissedCloses all = *this;
  *this = {};
  const Entry entry(Event::closed, all.first, audit::was_missing);
  if (entry) entry->other = all.last;
}

Entry::Entry(Event event, int fd, unsigned flags) {
  missed_closes.tell();
  const int pid = process();
  record_ = claim(event, pid, thread(pid));
  if (record_ == nullptr) return;
  record_->fd = fd;
  record_->flags = static_cast<std::uint8_t>(flags | (is_child() ? audit::in_child : 0U));
  if (!is_vfork_child()) last_ticket = record_->ticket;
}

Entry::~Entry() {
  if (record_ != nullptr) publish(record_);
}

void Entry::append(std::string_view text) const {
  ++count_;
  if (record_ != nullptr) add_text(*record_, text);
}

}  // namespace cloexec
