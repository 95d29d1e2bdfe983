// SPDX-License-Identifier: Apache-2.0
//
// The table of forced descriptors: to its end, beyond it, since when, and as a vfork child sees it.

#include "shim/forced.h"

#include <gtest/gtest.h>

#include "shim/borrowed.h"
#include "shim/phase.h"

namespace cloexec {
namespace {

TEST(Forced, IsNotedUpToTheEndOfTheTable) {
  for (const int number : {0, 40000, 65535}) {
    note_forced(number, Kind::socket);
    EXPECT_EQ(stamp_of(number) & kind_bits, static_cast<Stamp>(Kind::socket)) << number;
    EXPECT_EQ(next_forced(0), number);
    forget_forced(number);
    EXPECT_FALSE(is_forced(number)) << number;
  }
  EXPECT_EQ(forced_end, most_forced);
  EXPECT_EQ(next_forced(0), static_cast<int>(most_forced));
}

TEST(Forced, IsNothingBeyondTheTable) {
  for (const int number : {65536, 70000, 2147483647, -1}) {
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
  EXPECT_TRUE(change_stamp(10, stamp, stamp | is_given));
  EXPECT_FALSE(change_stamp(10, stamp, 0));
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

TEST(Forced, OfAVforkChildIsItsOwnAtEveryNumber) {
  for (const int number : {20, 1024, 65535}) note_forced(number, Kind::any);
  VforkFrame* const frame = begin_vfork();
  ASSERT_NE(frame, nullptr);
  borrowed.child = 4711;  // as the kernel does
  for (const int number : {20, 1024, 65535}) forget_forced(number);
  note_forced(30, Kind::any);
  EXPECT_EQ(next_forced(0), 30);
  EXPECT_TRUE(Claims().are_own(30, stamp_of(30)));
  note_forced(65535, Kind::any);
  EXPECT_TRUE(is_forced(65535));

  VforkFrame* const inner = begin_vfork();  // a child's child begins with what the child has
  borrowed.child = 4712;
  EXPECT_TRUE(is_forced(30));
  end_vfork(inner);
  EXPECT_EQ(borrowed.child, 4711);

  end_vfork(frame);
  EXPECT_FALSE(is_vfork_child());
  for (const int number : {20, 1024, 65535}) EXPECT_TRUE(is_forced(number)) << number;
  EXPECT_FALSE(is_forced(30));
  forget_forced(0, ~0U);
}

TEST(Forced, HasRoomForSoManyVforkChildrenOfVforkChildren) {
  VforkFrame* frames[most_nested];
  for (VforkFrame*& frame : frames) {
    frame = begin_vfork();
    ASSERT_NE(frame, nullptr);
    ++borrowed.child;
  }
  EXPECT_EQ(begin_vfork(), nullptr);
  for (unsigned depth = most_nested; depth > 0; --depth) end_vfork(frames[depth - 1]);
  EXPECT_FALSE(is_vfork_child());
}

}  // namespace
}  // namespace cloexec
