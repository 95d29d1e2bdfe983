// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

// Linux 5.14; Debian 11's headers are older.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
// Linux 6.3; Debian 12's headers are older.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace cloexec::cli {
namespace {

using audit::Record;

/// Who claims a slot fills it within microseconds, when it is left alone.
constexpr std::chrono::milliseconds patience{100};

/// Fails where the kernel would kill for a file that is larger than this process may make one (setrlimit(2)).
int allocate(int fd, std::size_t size) {
  struct sigaction ignored {};
  struct sigaction before {};
  ignored.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignored, &before);
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(size));
  sigaction(SIGXFSZ, &before, nullptr);
  return error;
}

/// A file in memory that is nowhere else: nobody else finds it, and it goes when its last user does, however that ends.
int make_file(std::size_t size) {
  int fd = memfd_create("cloexec-audit", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (fd < 0 && errno == EINVAL) fd = memfd_create("cloexec-audit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  // Who maps a file that becomes shorter is killed (mmap(2), SIGBUS); and blocks must be there before they are written.
  int error = fchmod(fd, S_IRUSR | S_IWUSR) == 0 ? allocate(fd, size) : errno;
  if (error == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) error = errno;
  if (error == 0) return fd;
  close(fd);
  errno = error;
  return -1;
}

/// `record` is a copy: whoever writes to the ring cannot change it any more.
bool has_sense(const Record& record) {
  return record.event <= audit::Event::missed && record.text_size <= sizeof record.text && record.pid > 0;
}

/// As many as there can be different ones between two looks.
std::uint32_t stacks_for(std::uint32_t slots, bool with_stacks) {
  return with_stacks ? std::max(slots / 8, std::uint32_t{1}) : 0;
}

std::int64_t nanoseconds_since_epoch() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string_view Event::view_at(std::size_t index) const {
  std::string_view rest = texts;
  for (std::uint16_t size = 0; rest.size() >= sizeof size; rest.remove_prefix(size), --index) {
    std::memcpy(&size, rest.data(), sizeof size);
    rest.remove_prefix(sizeof size);
    if (size > rest.size()) break;
    if (index == 0) return rest.substr(0, size);
  }
  return {};
}

Ring::Ring(std::uint32_t slots, bool with_stacks)
    : slots_(slots),
      stacks_(stacks_for(slots, with_stacks)),
      size_(sizeof(audit::Ring) + std::size_t{slots} * sizeof(Record) + std::size_t{stacks_} * sizeof(audit::Stack)) {
  fd_ = make_file(size_);
  void* const memory = fd_ < 0 ? MAP_FAILED : mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (memory == MAP_FAILED) {
    const int error = errno;
    if (fd_ >= 0) close(fd_);
    throw std::runtime_error(
        fmt::format("no memory for {} records at a time: {} (--records takes less)", slots, std::strerror(error)));
  }
  path_ = fmt::format("/proc/{}/fd/{}", getpid(), fd_);
  // At once, and cleared: one by one each costs a fault, the programs' as well (Linux 5.14; before, it does).
  madvise(memory, sizeof(audit::Ring) + std::size_t{slots} * sizeof(Record), MADV_POPULATE_WRITE);
  file_ = static_cast<audit::Ring*>(memory);
  std::memcpy(file_->magic, audit::magic.data(), audit::magic.size());
  file_->record_size = sizeof(Record);
  file_->slot_count = slots;
  file_->stack_count = stacks_;
}

Ring::~Ring() {
  munmap(file_, size_);
  close(fd_);
}

/// Tickets wrap around; one is within half of their range of the last.
std::uint64_t Ring::whole_ticket(std::uint32_t ticket) const {
  const auto distance = static_cast<std::int32_t>(ticket - static_cast<std::uint32_t>(last_ticket_));
  return last_ticket_ + static_cast<std::uint64_t>(std::int64_t{distance});
}

/// Whether it was ready.
bool Ring::take_slot(std::uint32_t number) {
  Record& slot = audit::slots_of(file_)[number];
  if (__atomic_load_n(&slot.state, __ATOMIC_ACQUIRE) != audit::is_ready) return false;
  Record copy;
  std::memcpy(&copy, &slot, offsetof(Record, text));
  if (has_sense(copy)) {
    Event& event = taken_.emplace_back(Event{.ticket = whole_ticket(copy.ticket),
                                             .what = copy.event,
                                             .flags = copy.flags,
                                             .pid = copy.pid,
                                             .tid = copy.tid,
                                             .fd = copy.fd,
                                             .other = copy.other,
                                             .mode = copy.mode,
                                             .detail = copy.detail,
                                             .seen = whole_ticket(copy.ticket_seen),
                                             .offset = copy.offset,
                                             .texts = std::string(slot.text, copy.text_size),
                                             .read_at = read_at_});
    const bool can_have_stack = copy.event == audit::Event::made || copy.event == audit::Event::flagged;
    if (can_have_stack && event.has(audit::has_stack)) {
      event.stack_ticket = copy.ticket_seen;
      event.stack = take_stack(copy.ticket_seen);
    }
  } else {
    ++senseless_;
  }
  __atomic_store_n(&slot.state, audit::is_free, __ATOMIC_RELEASE);
  return true;
}

/// Null when it was taken before, or makes no sense.
std::shared_ptr<const RecordedStack> Ring::take_stack(std::uint32_t ticket) {
  if (stacks_ == 0) return {};
  audit::Stack& slot = audit::stacks_of(file_, slots_)[ticket & (stacks_ - 1)];
  if (__atomic_load_n(&slot.state, __ATOMIC_ACQUIRE) != audit::is_ready || slot.ticket != ticket) return {};
  auto stack = read_stack(slot, read_at_);
  __atomic_store_n(&slot.state, audit::is_free, __ATOMIC_RELEASE);
  if (stack == nullptr) return {};
  // Programs leave few that are different, one after the other: what is the same is kept once.
  std::shared_ptr<const RecordedStack>& recent = recent_[stack->hash() % recent_.size()];
  if (recent == nullptr || !recent->is_like(*stack)) recent = std::move(stack);
  return recent;
}

void Ring::take_awaited() {
  const Clock::time_point long_ago = Clock::now() - patience;
  std::erase_if(awaited_, [&](const auto& one) {
    const auto& [slot, awaited] = one;
    if (take_slot(slot)) return true;
    // One that was never claimed: its ticket's owner has found the slot taken, and gone on to the next.
    return awaited.since < long_ago &&
           __atomic_load_n(&audit::slots_of(file_)[slot].state, __ATOMIC_RELAXED) == audit::is_free;
  });
}

std::uint32_t Ring::next_ticket() {
  const std::uint32_t next = __atomic_load_n(&file_->next_ticket, __ATOMIC_ACQUIRE);
  used_ = std::max(used_, std::min(next, slots_));
  return next;
}

void Ring::take_next() {
  const std::uint32_t end = next_ticket();
  // All that can be there, when more tickets were taken than there are slots.
  if (end - next_ > slots_) next_ = end - slots_;
  for (; next_ != end; ++next_) {
    const std::uint32_t slot = next_ % slots_;
    if (!take_slot(slot)) awaited_.try_emplace(slot, Awaited{whole_ticket(next_), Clock::now()});
  }
}

std::span<Event> Ring::taken_in_order() {
  const auto is_earlier = [](const Event& a, const Event& b) { return a.ticket < b.ticket; };
  if (!std::is_sorted(taken_.begin(), taken_.end(), is_earlier)) std::sort(taken_.begin(), taken_.end(), is_earlier);
  if (!taken_.empty()) last_ticket_ = std::max(last_ticket_, taken_.back().ticket);
  return taken_;
}

std::span<Event> Ring::take() {
  taken_.clear();
  read_at_ = nanoseconds_since_epoch();
  take_awaited();
  take_next();
  return taken_in_order();
}

std::span<Event> Ring::take_rest() {
  taken_.clear();
  next_ticket();
  for (std::uint32_t slot = 0; slot < used_; ++slot) take_slot(slot);
  return taken_in_order();
}

std::uint64_t Ring::whole_until() const {
  const Clock::time_point long_ago = Clock::now() - patience;
  std::uint64_t until = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [slot, awaited] : awaited_)
    if (awaited.since >= long_ago) until = std::min(until, awaited.ticket);
  return until;
}

std::uint64_t Ring::lost(bool is_over) const {
  std::uint64_t lost = senseless_ + __atomic_load_n(&file_->lost, __ATOMIC_RELAXED);
  for (std::uint32_t i = 0; is_over && i < used_; ++i)
    if (__atomic_load_n(&audit::slots_of(file_)[i].state, __ATOMIC_ACQUIRE) != audit::is_free) ++lost;
  return lost;
}

std::uint64_t Ring::lost_stacks() const { return __atomic_load_n(&file_->lost_stacks, __ATOMIC_RELAXED); }

}  // namespace cloexec::cli
