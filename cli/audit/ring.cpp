// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace cloexec::cli {
namespace {

using audit::Record;

/// In memory where that is possible: a record must not wait for a disk.
std::string template_path() {
  const char* chosen = std::getenv("TMPDIR");
  if (chosen != nullptr && *chosen == '/') return std::string(chosen) + "/cloexec-audit-XXXXXX";
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm/cloexec-audit-XXXXXX" : "/tmp/cloexec-audit-XXXXXX";
}

[[noreturn]] void fail_on(const std::string& path, int error) {
  throw std::runtime_error(
      fmt::format("the audit's ring {} cannot be made: {} (TMPDIR chooses another place)", path, std::strerror(error)));
}

std::vector<std::string> texts_of(const Record& record) {
  std::vector<std::string> texts;
  for (std::size_t at = 0; at + 2 <= record.text_size;) {
    std::uint16_t size;
    std::memcpy(&size, record.text + at, sizeof size);
    at += sizeof size;
    if (size > record.text_size - at) break;
    texts.emplace_back(record.text + at, size);
    at += size;
  }
  return texts;
}

/// `record` is a copy: whoever writes to the ring cannot change it any more.
std::optional<Event> read(const Record& record, std::uint64_t ticket, std::uint64_t seen) {
  if (record.event > audit::Event::spawned || record.text_size > sizeof record.text || record.pid <= 0) return {};
  return Event{.ticket = ticket,
               .what = record.event,
               .flags = record.flags,
               .pid = record.pid,
               .tid = record.tid,
               .fd = record.fd,
               .other = record.other,
               .seen = seen,
               .mode = record.mode,
               .detail = record.detail,
               .offset = record.offset,
               .texts = texts_of(record)};
}

}  // namespace

Ring::Ring(std::uint32_t slots)
    : path_(template_path()), slots_(slots), size_(sizeof(audit::Ring) + std::size_t{slots} * sizeof(Record)) {
  fd_ = mkostemp(path_.data(), O_CLOEXEC);  // of mode 0600
  if (fd_ < 0) fail_on(path_, errno);
  void* memory = MAP_FAILED;
  int error = posix_fallocate(fd_, 0, static_cast<off_t>(size_));
  if (error == 0) {
    memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    error = errno;
  }
  if (memory == MAP_FAILED) {
    unlink(path_.c_str());
    close(fd_);
    fail_on(path_, error);
  }
  file_ = static_cast<audit::Ring*>(memory);
  std::memcpy(file_->magic, audit::magic.data(), audit::magic.size());
  file_->record_size = sizeof(Record);
  file_->slot_count = slots;
}

Ring::~Ring() {
  munmap(file_, size_);
  unlink(path_.c_str());
  close(fd_);
}

/// Tickets wrap around; one is within half of their range of the last.
std::uint64_t Ring::whole_ticket(std::uint32_t ticket) const {
  const auto distance = static_cast<std::int32_t>(ticket - static_cast<std::uint32_t>(last_ticket_));
  const auto whole = static_cast<std::int64_t>(last_ticket_) + distance;
  return whole < 0 ? 0 : static_cast<std::uint64_t>(whole);
}

bool Ring::is_still_whole() const {
  struct stat status {};
  return fstat(fd_, &status) == 0 && static_cast<std::size_t>(status.st_size) >= size_;
}

std::vector<Event> Ring::take() {
  std::vector<Event> events;
  // Whose file was cut would be killed by SIGBUS.
  if (!is_still_whole()) throw std::runtime_error(fmt::format("{} was truncated by somebody else", path_));
  for (std::uint32_t i = 0; i < slots_; ++i) {
    Record& slot = audit::slots_of(file_)[i];
    if (__atomic_load_n(&slot.state, __ATOMIC_ACQUIRE) != audit::is_ready) continue;
    const Record copy = slot;
    __atomic_store_n(&slot.state, audit::is_free, __ATOMIC_RELEASE);
    if (auto event = read(copy, whole_ticket(copy.ticket), whole_ticket(copy.ticket_seen)))
      events.push_back(std::move(*event));
    else
      ++senseless_;
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.ticket < b.ticket; });
  if (!events.empty()) last_ticket_ = std::max(last_ticket_, events.back().ticket);
  return events;
}

std::uint64_t Ring::lost(bool is_over) const {
  std::uint64_t lost = senseless_ + __atomic_load_n(&file_->lost, __ATOMIC_RELAXED);
  for (std::uint32_t i = 0; is_over && i < slots_; ++i)
    if (__atomic_load_n(&audit::slots_of(file_)[i].state, __ATOMIC_ACQUIRE) != audit::is_free) ++lost;
  return lost;
}

}  // namespace cloexec::cli
