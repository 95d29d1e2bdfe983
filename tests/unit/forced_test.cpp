// SPDX-License-Identifier: Apache-2.0
//
// The table of forced descriptors: to its end, beyond it, since when, what the program has noted there itself, and as a
// vfork child sees it; and who waits for whom.

#include "shim/process/forced.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iterator>

#include "shim/host/next.h"
#include "shim/process/gate.h"
#include "shim/process/phase.h"
#include "shim/process/start.h"
#include "shim/process/wiped.h"

namespace cloexec {
namespace {

TEST(Forced, IsNotedUpToTheEndOfTheTable) {
  for (const int number : {3, 40000, 65535}) {
    note_forced(number, Kind::socket);
    EXPECT_EQ(stamp_of(number) & kind_bits, static_cast<Stamp>(Kind::socket)) << number;
    EXPECT_EQ(next_forced(0), number);
    forget_forced(number);
    EXPECT_FALSE(is_forced(number)) << number;
  }
  EXPECT_EQ(forced_end, most_forced);
  EXPECT_EQ(next_forced(0), static_cast<int>(most_forced));
}

TEST(Forced, IsNothingBeyondTheTableAndOfStandardStreams) {
  for (const int number : {0, 1, 2, 65536, 70000, 2147483647, -1}) {
    note_forced(number, Kind::any);
    EXPECT_FALSE(is_forced(number)) << number;
  }
  EXPECT_LE(forced_end, most_forced);
}

TEST(Forced, IsForgottenInARange) {
  for (const int number : {5, 6, 300, 65535}) note_forced(number, Kind::any);
  forget_forced(6, 300);
  EXPECT_TRUE(is_forced(5));
  EXPECT_FALSE(is_forced(6));
  EXPECT_FALSE(is_forced(300));
  EXPECT_TRUE(is_forced(65535));
  forget_forced(0, ~0U);
  EXPECT_EQ(next_forced(0), static_cast<int>(forced_end));
}

TEST(Stamp, TellsWhatIsOlderThanAnEpoch) {
  note_forced(10, Kind::opened);
  const Stamp since = begin_epoch();
  note_forced(11, Kind::opened);
  EXPECT_LT(stamp_of(10), since);
  EXPECT_GE(stamp_of(11), since);
  forget_since(since);
  EXPECT_TRUE(is_forced(10));
  EXPECT_FALSE(is_forced(11));
  forget_forced(10);
}

TEST(Stamp, ChangesOnlyFromWhatIsExpected) {
  note_forced(10, Kind::opened);
  const Stamp stamp = stamp_of(10);
  EXPECT_TRUE(change_entry(10, stamp, stamp | is_given));
  EXPECT_FALSE(change_entry(10, stamp, 0));
  EXPECT_EQ(stamp_of(10), stamp | is_given);
  forget_forced(10);
}

TEST(Stamp, ProvesWhoMadeIt) {
  note_forced(10, Kind::opened);
  Claims claims;
  EXPECT_TRUE(claims.are_proved_by(10, stamp_of(10)));
  EXPECT_TRUE(claims.are_own(10, stamp_of(10)));
  EXPECT_FALSE(claims.are_proved_by(10, 0));
  forget_forced(10);
}

TEST(Entry, OfAMarkedNumberIsNoStampAndIsKept) {
  for (const Stamp entry : {noted_cleared, noted_marked, noted_marking}) {
    note_forced(10, Kind::opened);
    note_entry(10, entry);
    EXPECT_EQ(entry_of(10), entry);
    EXPECT_FALSE(is_stamp(entry));
    EXPECT_EQ(stamp_of(10), 0U);
    EXPECT_FALSE(is_forced(10));
    EXPECT_EQ(next_forced(0), static_cast<int>(forced_end));
    EXPECT_FALSE(is_proof(entry));
    forget_forced(10);
    EXPECT_EQ(entry_of(10), 0U);
  }
}

TEST(Entry, ThatAHandlerHasMarkedIsNotForcedByTheCallThatItInterrupted) {
  for (const Stamp entry : {noted_marked, noted_marking}) {
    note_entry(10, entry);
    note_forced(10, Kind::opened);
    EXPECT_EQ(entry_of(10), entry);
    forget_forced(10);
  }
  // But what was cleared is somebody's that is gone.
  note_entry(10, noted_cleared);
  note_forced(10, Kind::opened);
  EXPECT_TRUE(is_forced(10));
  forget_forced(10);
}

TEST(Entry, OfNumbersThatAreExemptOrBeyondTheTableIsNothing) {
  for (const int number : {0, 2, 65536, -1}) {
    note_entry(number, noted_marked);
    EXPECT_EQ(entry_of(number), 0U) << number;
  }
}

TEST(Entry, OfBitsThatCameOverAStampIsNone) {
  for (const Stamp noted : {noted_marked, noted_marking})
    for (const Kind kind : {Kind::any, Kind::opened, Kind::socket, Kind::pipe, Kind::anonymous})
      EXPECT_FALSE(is_stamp(new_stamp(kind) | noted));
}

TEST(Replaced, PutsBackWhatWasThereWhenTheCallFails) {
  for (const Stamp entry : {Stamp{0}, noted_marking}) {
    note_forced(10, Kind::opened);
    const Stamp before = entry_of(10);
    const Replaced replaced(10, entry);
    EXPECT_EQ(entry_of(10), entry);
    replaced.put_back();
    EXPECT_EQ(entry_of(10), before);
    forget_forced(10);
  }
  const Replaced of_nothing(10, noted_marking);
  EXPECT_EQ(entry_of(10), noted_marking);
  of_nothing.put_back();
  EXPECT_EQ(entry_of(10), 0U);
}

TEST(Replaced, PutsNothingBackOverWhatWasNotedMeanwhile) {
  note_forced(10, Kind::opened);
  const Replaced replaced(10, 0);
  note_entry(10, noted_marked);
  replaced.put_back();
  EXPECT_EQ(entry_of(10), noted_marked);
  forget_forced(10);
}

TEST(Replaced, LeavesItToWhoIsAboutToMarkIt) {
  const Replaced marking(10, noted_marking);
  {
    const Replaced forcing(10, 0);
    EXPECT_EQ(entry_of(10), noted_marking);
    forcing.put_back();
    EXPECT_EQ(entry_of(10), noted_marking);
  }
  marking.put_back();
  EXPECT_EQ(entry_of(10), 0U);
}

TEST(Replaced, IsNothingForANegativeNumber) {
  const Replaced replaced(-1, noted_marking);
  replaced.put_back();
  EXPECT_EQ(entry_of(-1), 0U);
}

TEST(Distrust, EndsWhenTheCallHasFailed) {
  note_forced(10, Kind::opened);
  const Stamp older = stamp_of(10);
  const Stamp since = begin_epoch();
  note_forced(11, Kind::opened);
  distrust(since);
  EXPECT_TRUE(is_proof(older));
  EXPECT_FALSE(is_proof(stamp_of(11)));
  const Stamp later = begin_epoch();
  distrust(later);
  trust_again(later);  // not of the earlier one
  EXPECT_FALSE(is_proof(stamp_of(11)));
  trust_again(since);
  EXPECT_TRUE(is_proof(stamp_of(11)));
  forget_forced(0, ~0U);
}

TEST(Forced, OfAVforkChildIsItsOwnAtEveryNumber) {
  for (const int number : {20, 1024, 65535}) note_forced(number, Kind::any);
  VforkFrame* const frame = begin_borrowing();
  ASSERT_NE(frame, nullptr);
  borrowed.child = 4711;  // as the kernel does
  frame->has_begun = 1;   // as its first instructions do
  --*frame->starters;
  for (const int number : {20, 1024, 65535}) {
    EXPECT_TRUE(is_forced(number)) << number;
    EXPECT_FALSE(is_changed(number)) << number;
    forget_forced(number);
    EXPECT_FALSE(is_forced(number)) << number;
    EXPECT_TRUE(is_changed(number)) << number;
  }
  note_forced(30, Kind::any);
  EXPECT_EQ(next_forced(0), 30);
  EXPECT_TRUE(Claims().are_own(30, stamp_of(30)));
  note_forced(65535, Kind::any);
  EXPECT_TRUE(is_forced(65535));
  note_entry(31, noted_marked);
  note_forced(31, Kind::any);
  EXPECT_EQ(entry_of(31), noted_marked);
  const Stamp stamp = stamp_of(30);
  EXPECT_FALSE(change_entry(30, stamp + epoch_step, 0));
  EXPECT_TRUE(change_entry(30, stamp, stamp | is_given));
  EXPECT_EQ(stamp_of(30), stamp | is_given);

  end_borrowing(frame);
  EXPECT_FALSE(is_vfork_child());
  for (const int number : {20, 1024, 65535}) EXPECT_TRUE(is_forced(number)) << number;
  EXPECT_FALSE(is_forced(30));
  EXPECT_EQ(entry_of(31), 0U);
  forget_forced(0, ~0U);
}

TEST(Forced, OfAVforkChildsChildIsAForkedOnes) {
  VforkFrame* const frame = begin_borrowing();
  ASSERT_NE(frame, nullptr);
  borrowed.child = 4711;
  frame->has_begun = 1;
  --*frame->starters;
  EXPECT_EQ(begin_borrowing(), nullptr);
  EXPECT_EQ(borrowed.child, 4711);
  end_borrowing(frame);
  EXPECT_FALSE(is_vfork_child());
}

TEST(Forced, OfAForkedChildIsWhatTheVforkChildHadThatForkedIt) {
  for (const int number : {20, 21}) note_forced(number, Kind::any);
  VforkFrame* const frame = begin_borrowing();
  ASSERT_NE(frame, nullptr);
  borrowed.child = getpid();  // whose child the forked one will be
  frame->has_begun = 1;
  --*frame->starters;
  forget_forced(20);
  note_forced(30, Kind::any);
  note_entry(31, noted_marked);
  const pid_t child = fork_by(next_fork);
  if (child == 0) {
    const bool has_all = !is_forced(20) && is_forced(21) && is_forced(30) && entry_of(31) == noted_marked;
    _exit(has_all && !is_vfork_child() && !Claims().are_own(30, stamp_of(30)) ? 0 : 1);
  }
  end_borrowing(frame);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(is_forced(20));
  EXPECT_FALSE(is_forced(30));
  forget_forced(0, ~0U);
}

TEST(Forced, HasAFrameForEachOfSoManyHandlersThatCallVfork) {
  VforkFrame* frames[std::size(Borrowed{}.frames)];
  for (VforkFrame*& frame : frames) frame = begin_borrowing();
  for (unsigned i = 0; i < std::size(frames); ++i)
    for (unsigned k = 0; k < i; ++k) EXPECT_NE(frames[i], frames[k]);
  // None has begun: each is taken off those that start something.
  EXPECT_EQ(wiped.starters, static_cast<int>(std::size(frames)));
  for (VforkFrame* const frame : frames) end_borrowing(frame);
  EXPECT_EQ(wiped.starters, 0);
}

TEST(Gate, WaitsOnceForWhoJumpedOutOfAStart) {
  begin_start();
  begin_giving();  // waits for as long as a start may take
  EXPECT_EQ(wiped.abandoned, 1);
  end_giving();
  begin_start();
  EXPECT_GT(wiped.starters, wiped.abandoned);
  end_start();
  begin_giving();
  EXPECT_EQ(wiped.abandoned, 1);
  end_giving();
  end_start();
  EXPECT_EQ(wiped.starters, 0);
  begin_giving();
  EXPECT_EQ(wiped.abandoned, 0);
  end_giving();
}

TEST(Gate, SetsAFlagThatItClearedUnlessTheProgramHasClearedIt) {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GT(fd, 2);
  note_forced(fd, Kind::opened);
  const Stamp stamp = stamp_of(fd);
  ASSERT_TRUE(change_entry(fd, stamp, stamp | is_given));
  ASSERT_EQ(fcntl(fd, F_SETFD, 0), 0);
  take_back();
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(stamp_of(fd), stamp);

  ASSERT_TRUE(change_entry(fd, stamp, stamp | is_given));
  ASSERT_EQ(fcntl(fd, F_SETFD, 0), 0);
  note_entry(fd, noted_cleared);
  take_back();
  EXPECT_EQ(fcntl(fd, F_GETFD), 0);
  forget_forced(fd);
  close(fd);
}

}  // namespace
}  // namespace cloexec
