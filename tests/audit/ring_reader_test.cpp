// SPDX-License-Identifier: Apache-2.0
//
// The reader's end of the ring: nothing of what was ready is left, in the order of the tickets, whatever writers do.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/audit/ring.h"

namespace cloexec::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t slots = 8;
constexpr std::uint32_t stacks = 1;

constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

/// As the ring has it.
std::uint32_t short_ticket(std::uint64_t ticket) { return static_cast<std::uint32_t>(ticket); }

class RingReader : public ::testing::Test {
 protected:
  RingReader() {
    size_ = sizeof(audit::Ring) + slots * sizeof(audit::Record) + stacks * sizeof(audit::Stack);
    file_ = static_cast<audit::Ring*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, ring_.fd(), 0));
  }
  ~RingReader() override { munmap(file_, size_); }

  audit::Record& claim(std::uint32_t ticket) {
    file_->next_ticket = ticket + 1;
    audit::Record& record = audit::slots_of(file_)[ticket % slots];
    record.state = audit::is_claimed;
    record.ticket = ticket;
    record.pid = 1;
    record.event = audit::Event::closed;
    return record;
  }

  static void publish(audit::Record& record) { __atomic_store_n(&record.state, audit::is_ready, __ATOMIC_RELEASE); }

  void write(std::uint32_t ticket) { publish(claim(ticket)); }

  std::vector<std::uint32_t> take(bool is_rest = false) {
    std::vector<std::uint32_t> tickets;
    std::uint64_t before = 0;
    for (const Event& event : is_rest ? ring_.take_rest() : ring_.take()) {
      tickets.push_back(short_ticket(event.ticket));
      EXPECT_GT(event.ticket, std::exchange(before, event.ticket));
    }
    return tickets;
  }

  /// A record of a descriptor made, that names a stack.
  void write_made(std::uint32_t ticket, std::uint32_t stack_ticket) {
    audit::Record& record = claim(ticket);
    record.event = audit::Event::made;
    record.flags = audit::has_stack;
    record.ticket_seen = stack_ticket;
    publish(record);
  }

  /// In the only slot.
  audit::Stack& write_stack(std::uint32_t ticket, std::uint64_t caller) {
    audit::Stack& stack = *audit::stacks_of(file_, slots);
    stack.ticket = ticket;
    stack.caller = caller;
    stack.machine = audit::Machine::x86_64;
    stack.begin = 0x1000;
    stack.end = 0x2000;
    stack.words[0] = audit::pack(1, caller);
    stack.words[1] = audit::pack(2, 0x1800);
    stack.word_count = 2;
    __atomic_store_n(&stack.state, audit::is_ready, __ATOMIC_RELEASE);
    return stack;
  }

  std::shared_ptr<const RecordedStack> take_stack() {
    const std::span<Event> taken = ring_.take();
    EXPECT_EQ(taken.size(), 1U);
    return taken.empty() ? nullptr : taken[0].stack;
  }

  Ring ring_{slots, true};
  std::size_t size_;
  audit::Ring* file_;
};

TEST_F(RingReader, TakesWhatIsReadyOnceAndFreesIt) {
  for (std::uint32_t ticket = 0; ticket < 3; ++ticket) write(ticket);
  EXPECT_THAT(take(), ElementsAre(0, 1, 2));
  EXPECT_THAT(take(), IsEmpty());
  for (std::uint32_t ticket = 3; ticket < 3 + slots; ++ticket) write(ticket);
  EXPECT_EQ(take().size(), slots);
  EXPECT_EQ(ring_.lost(true), 0U);
}

TEST_F(RingReader, KnowsThatASlowWriterIsStillWriting) {
  write(0);
  audit::Record& slow = claim(1);
  write(2);
  EXPECT_THAT(take(), ElementsAre(0, 2));
  EXPECT_EQ(short_ticket(ring_.whole_until()), 1U);
  publish(slow);
  write(3);
  EXPECT_THAT(take(), ElementsAre(1, 3));
  EXPECT_EQ(ring_.whole_until(), all);
}

TEST_F(RingReader, WaitsForNobodyForEver) {
  claim(0);
  write(1);
  EXPECT_THAT(take(), ElementsAre(1));
  EXPECT_EQ(short_ticket(ring_.whole_until()), 0U);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_EQ(ring_.whole_until(), all);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(ring_.whole_until(), all);
  // It is counted in the end, unless it comes yet.
  EXPECT_EQ(ring_.lost(false), 0U);
  EXPECT_EQ(ring_.lost(true), 1U);
  publish(audit::slots_of(file_)[0]);
  EXPECT_THAT(take(), ElementsAre(0));
}

TEST_F(RingReader, PassesOverTicketsThatFoundNoSlot) {
  for (std::uint32_t ticket = 0; ticket < slots; ++ticket) write(ticket);
  // All were taken: eight more tickets went by, and one record was lost.
  file_->next_ticket = 2 * slots;
  file_->lost = 1;
  EXPECT_EQ(take().size(), slots);
  write(2 * slots);
  EXPECT_THAT(take(), ElementsAre(2 * slots));
  EXPECT_EQ(ring_.lost(true), 1U);
}

TEST_F(RingReader, FindsInTheEndWhatNoTicketLeadsTo) {
  // It has taken a ticket, and then slept until nobody waited for it.
  file_->next_ticket = 6;
  EXPECT_THAT(take(), IsEmpty());
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_THAT(take(), IsEmpty());
  publish(claim(5));
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(take(true), ElementsAre(5));
}

TEST_F(RingReader, IsOrderedWhereTicketsWrapAround) {
  const std::uint32_t last = ~std::uint32_t{0};
  file_->next_ticket = last - 1;
  take();
  for (const std::uint32_t ticket : {last - 1, last, 0U, 1U}) write(ticket);
  EXPECT_THAT(take(), ElementsAre(last - 1, last, 0, 1));
}

TEST_F(RingReader, RefusesWhatMakesNoSense) {
  audit::Record& long_text = claim(0);
  long_text.text_size = sizeof long_text.text + 1;
  publish(long_text);
  audit::Record& nobody = claim(1);
  nobody.pid = 0;
  publish(nobody);
  audit::Record& unknown = claim(2);
  unknown.event = static_cast<audit::Event>(200);
  publish(unknown);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(ring_.lost(true), 3U);
}

TEST_F(RingReader, TakesAStackWithItsRecordAndKeepsWhatComesAgainOnce) {
  audit::Stack& slot = write_stack(7, 0xABC);
  write_made(0, 7);
  const auto first = take_stack();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->caller, 0xABCU);
  EXPECT_THAT(first->words, ElementsAre(audit::pack(1, 0xABC), audit::pack(2, 0x1800)));
  EXPECT_EQ(slot.state, audit::is_free);
  write_made(1, 7);
  EXPECT_EQ(take_stack(), nullptr);
  write_stack(8, 0xDEF);
  write_made(2, 8);
  EXPECT_NE(take_stack(), first);
  write_stack(9, 0xABC);
  write_made(3, 9);
  EXPECT_EQ(take_stack(), first);
}

TEST_F(RingReader, RefusesStacksThatMakeNoSense) {
  auto is_refused = [&, ticket = 0U](auto spoil) mutable {
    const audit::Stack before = write_stack(ticket, 0xABC);
    audit::Stack& slot = *audit::stacks_of(file_, slots);
    spoil(slot);
    write_made(ticket, ticket);
    ++ticket;
    const bool is_it = take_stack() == nullptr;
    slot = before;
    slot.state = audit::is_free;
    return is_it;
  };
  EXPECT_FALSE(is_refused([](audit::Stack&) {}));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { stack.word_count = audit::most_words + 1; }));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { stack.modules_size = sizeof stack.modules + 1; }));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { stack.machine = static_cast<audit::Machine>(9); }));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { stack.end = stack.begin + audit::most_stack + 1; }));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { stack.end = stack.begin - 1; }));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { std::swap(stack.words[0], stack.words[1]); }));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { stack.ticket += 8; }));
  EXPECT_TRUE(is_refused([](audit::Stack& stack) { stack.state = audit::is_claimed; }));
}

TEST_F(RingReader, IsAFileOfThisUsersThatNobodyCanCut) {
  struct stat status {};
  ASSERT_EQ(fstat(ring_.fd(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(status.st_uid, geteuid());
  EXPECT_EQ(ftruncate(ring_.fd(), 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(fcntl(ring_.fd(), F_ADD_SEALS, F_SEAL_WRITE), -1);
  EXPECT_NE(fcntl(ring_.fd(), F_GETFD) & FD_CLOEXEC, 0);
  const int again = open(ring_.path().c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_GE(again, 0);
  close(again);
}

TEST(Event, TextsThatDoNotFitAreEmpty) {
  Event event{};
  event.texts = std::string("\3\0abc\5\0de", 9);
  EXPECT_EQ(event.text(0), "abc");
  EXPECT_EQ(event.text(1), "");
  EXPECT_EQ(event.text(2), "");
  event.texts = "\1";
  EXPECT_EQ(event.text(0), "");
}

}  // namespace
}  // namespace cloexec::cli
