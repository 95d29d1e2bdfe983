// SPDX-License-Identifier: Apache-2.0
//
// The table of forced descriptors: to its end, beyond it, since when, and as a vfork child sees it.

#include "shim/process/forced.h"

#include <gtest/gtest.h>

#include <iterator>
#include <set>

#include "shim/process/borrowed.h"
#include "shim/process/phase.h"
#include "shim/process/start.h"

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

TEST(Forced, OfAVforkChildIsItsOwnAtEveryNumber) {
  for (const int number : {20, 1024, 65535}) note_forced(number, Kind::any);
  begin_vfork();
  borrowed.child = 4711;  // as the kernel does
  for (const int number : {20, 1024, 65535}) forget_forced(number);
  note_forced(30, Kind::any);
  EXPECT_EQ(next_forced(0), 30);
  EXPECT_TRUE(Claims().are_own(30, stamp_of(30)));
  note_forced(65535, Kind::any);
  EXPECT_TRUE(is_forced(65535));
  note_entry(1024, noted_marked);
  EXPECT_EQ(entry_of(1024), noted_marked);
  EXPECT_FALSE(is_forced(1024));

  EXPECT_EQ(begin_borrowing(), nullptr);  // its own children are forked

  end_vfork();
  EXPECT_FALSE(is_vfork_child());
  for (const int number : {20, 1024, 65535}) EXPECT_TRUE(is_forced(number)) << number;
  EXPECT_FALSE(is_forced(30));
  forget_forced(0, ~0U);
}

TEST(Forced, GivesEveryVforkAPlaceOfItsOwnForAWhile) {
  std::set<VforkFrame*> frames;
  for (unsigned i = 0; i < std::size(borrowed.frames); ++i) {
    frames.insert(begin_vfork());
    end_vfork();
  }
  EXPECT_EQ(frames.size(), std::size(borrowed.frames));
}

TEST(Entry, OfWhatTheProgramHasMarkedStaysUntilTheNumberIsClosed) {
  note_entry(12, noted_marked);
  note_forced(12, Kind::opened);  // a call that returns late
  EXPECT_EQ(entry_of(12), noted_marked);
  EXPECT_FALSE(is_forced(12));
  EXPECT_FALSE(is_proof(entry_of(12)));
  forget_forced(12);
  note_forced(12, Kind::opened);
  EXPECT_TRUE(is_forced(12));
  forget_forced(12, 12);
}

TEST(Entry, OfWhatTheProgramHasClearedGivesWayToAStamp) {
  note_entry(12, noted_cleared);
  EXPECT_FALSE(is_forced(12));
  EXPECT_EQ(next_forced(12), static_cast<int>(forced_end));
  note_forced(12, Kind::opened);
  EXPECT_TRUE(is_forced(12));
  forget_forced(12);
}

TEST(Entry, IsNoneOfTheStandardStreams) {
  for (const int number : {0, 1, 2, -1}) {
    note_entry(number, noted_marked);
    note_forced(number, Kind::any);
    EXPECT_EQ(entry_of(number), Stamp{0}) << number;
  }
}

TEST(Entry, OfBitsThatCameOverAStampIsNone) {
  for (const Stamp noted : {noted_marked, noted_marking})
    for (const Kind kind : {Kind::any, Kind::opened, Kind::socket, Kind::pipe, Kind::anonymous})
      EXPECT_FALSE(is_stamp(new_stamp(kind) | noted));
}

TEST(Replaced, ComesBackWhenTheCallFails) {
  for (const Stamp during : {Stamp{0}, noted_marking}) {
    note_forced(14, Kind::pipe);
    const Stamp before = stamp_of(14);
    const Replaced replaced(14, during);
    EXPECT_EQ(entry_of(14), during);
    replaced.put_back();
    EXPECT_EQ(stamp_of(14), before);
    forget_forced(14);
  }
}

TEST(Replaced, LeavesAloneWhatSomebodyIsAboutToMark) {
  const Replaced marking(14, noted_marking);
  Replaced(14, 0).put_back();
  EXPECT_EQ(entry_of(14), noted_marking);
  note_forced(14, Kind::any);
  EXPECT_FALSE(is_forced(14));
  marking.put_back();
  EXPECT_EQ(entry_of(14), Stamp{0});
}

TEST(Replaced, IsNothingOfANegativeNumber) { Replaced(-1, noted_marking).put_back(); }

}  // namespace
}  // namespace cloexec
