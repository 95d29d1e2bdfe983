// SPDX-License-Identifier: Apache-2.0

#include "shim/record/ring.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

#include "shim/host/memory.h"
#include "shim/process/borrowed.h"
#include "shim/process/phase.h"

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
    std::uint32_t expected = audit::is_free;
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

void publish(Record* record) { __atomic_store_n(&record->state, audit::is_ready, __ATOMIC_RELEASE); }

/// Says which process this one was forked off, and what that one had recorded until then.
void record_fork(int process, int parent, std::uint32_t seen) {
  if (parent == 0) return;
  Record* const record = claim(Event::forked, process, process);
  if (record == nullptr) return;
  record->other = parent;
  record->ticket_seen = seen;
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
  if (own_thread == 0) own_thread = static_cast<int>(raw_syscall(__NR_gettid));
  return own_thread;
}

bool is_ring(const audit::Ring& file, std::uint64_t size) {
  const std::uint64_t count = file.slot_count;
  return std::memcmp(file.magic, audit::magic.data(), audit::magic.size()) == 0 && file.record_size == sizeof(Record) &&
         count != 0 && (count & (count - 1)) == 0 && size >= sizeof(audit::Ring) + count * sizeof(Record);
}

}  // namespace

void map_ring(const char* path) {
  const long fd =
      raw_syscall(__NR_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return;
  struct stat64 status {};
  const bool is_file = raw_syscall(fstat_number, fd, reinterpret_cast<long>(&status)) == 0 && S_ISREG(status.st_mode) &&
                       static_cast<std::size_t>(status.st_size) >= sizeof(audit::Ring);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const memory = is_file ? map_shared(size, static_cast<int>(fd)) : nullptr;
  raw_syscall(__NR_close, fd);
  if (memory == nullptr) return;
  auto* const file = static_cast<audit::Ring*>(memory);
  if (!is_ring(*file, size)) return unmap_memory(memory, size);
  // Whatever is written there later, no slot beyond the file is touched.
  slot_mask = file->slot_count - 1;
  ring = file;
}

Entry::Entry(Event event, int fd, unsigned flags) {
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
  if (record_ == nullptr) return;
  std::size_t at = record_->text_size;
  if (at + 2 > sizeof record_->text) return;
  const std::size_t room = sizeof record_->text - at - 2;
  if (text.size() > room) record_->flags |= audit::is_cut;
  const std::size_t size = text.size() < room ? text.size() : room;
  const auto written = static_cast<std::uint16_t>(size);
  std::memcpy(record_->text + at, &written, sizeof written);
  // The data of an empty text may be null, which memcpy must not be given.
  if (size != 0) std::memcpy(record_->text + at + 2, text.data(), size);
  record_->text_size = static_cast<std::uint16_t>(at + 2 + size);
}

}  // namespace cloexec
