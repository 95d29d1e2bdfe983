// SPDX-License-Identifier: Apache-2.0
//
// What the reader makes of events that come late, twice, or not at all, and of numbers of processes that are used
// again.

#include "cli/audit/tracker.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "tests/audit/events.h"

namespace cloexec::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Tracking : public ::testing::Test {
 protected:
  template <typename... Events>
  void take(Events... events) {
    (tracker_.take(std::move(events)), ...);
  }

  /// "program fd=target!maker", of what was withheld "fd=target!maker-missed by", of each descriptor of each exec;
  /// "program?" of those that the shim could not enter.
  std::vector<std::string> found() {
    std::vector<std::string> all;
    for (const Exec& exec : tracker_.finish()) {
      std::string text = exec.program;
      if (!exec.has_shim) text.append("?").append(exec.obstacle);
      for (const Crossing& one : exec.fds) {
        text.append(" ").append(std::to_string(one.fd)).append("=").append(one.target);
        if (!one.created.call.empty()) text.append("!").append(one.created.call);
        if (one.what == Class::withheld) text.append("-").append(one.missed_by);
      }
      all.push_back(text);
    }
    return all;
  }

  std::set<int> gone_;
  unsigned looks_ = 0;
  Tracker tracker_{1,
                   {[this](int, const std::vector<int>& fds) {
                      looks_ += static_cast<unsigned>(fds.size());
                      return std::vector<Description>(fds.size(), {"socket", "found"});
                    },
                    [](int) { return std::string("static"); }, [this](int pid) { return gone_.contains(pid); },
                    [](int, const std::string&) { return std::vector<std::string>(); }}};
};

TEST_F(Tracking, FollowsADescriptorThroughAForkAndAnExec) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "/a"), forked(4, 2, 1, 2), exec(5, 2, "/child"),
       made(6, 1, 4, "/later"), start(7, 2, 1, "/child"), arrived(8, 2, 3, "/a"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/child 3=/a!open"));
}

TEST_F(Tracking, AChildHasWhatItsParentHadWhenItWasForked) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "/a"), closed(3, 1, 3, 3), made(4, 1, 3, "/b"), closed(5, 1, 3, 3),
       forked(6, 2, 1, 2), exec(7, 2, "/static"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/static? 3=/a!open"));
}

TEST_F(Tracking, ARangeClosesWhatIsOpenInIt) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "/a"), made(3, 1, 4, "/b"), made(4, 1, 900, "/c"), closed(5, 1, 4, 899),
       exec(6, 1, "/one", true), closed(7, 1, 4, -1), exec(8, 1, "/two", true));
  EXPECT_THAT(found(), ElementsAre("/parent", "/one? 3=/a!open 900=/c!open", "/two? 3=/a!open"));
}

TEST_F(Tracking, WhatNeverAnswersIsNotForgottenWhenItsNumberIsUsedAgain) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "/a"), forked(3, 2, 1, 2), exec(4, 2, "/static"), forked(5, 2, 1, 2),
       exec(6, 2, "/seen"), start(7, 2, 1, "/seen"), arrived(8, 2, 3, "/a"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/static? 3=/a!open", "/seen 3=/a!open"));
}

TEST_F(Tracking, WhatAProgramHasStartedStaysItsOwnWhenItBecomesAnother) {
  take(start(1, 1, 0, "/parent"), exec(2, 1, "/child", true), exec(3, 1, "/next"), start(4, 1, 0, "/next"),
       start(5, 2, 1, "/child"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/next", "/child"));
  Tracker again{
      1,
      {[](int, const std::vector<int>&) { return std::vector<Description>(); }, [](int) { return std::string(); },
       [](int) { return false; }, [](int, const std::string&) { return std::vector<std::string>(); }}};
  for (const Event& one :
       {start(1, 1, 0, "/parent"), exec(2, 1, "/child", true), exec(3, 1, "/next"), start(4, 1, 0, "/next")})
    again.take(one);
  EXPECT_EQ(again.finish().size(), 3U);
}

TEST_F(Tracking, AStartIsKnownByItsNumberWhenItsParentHasEnded) {
  take(start(1, 1, 0, "/parent"), start(2, 5, 1, "/spawner"), made(3, 5, 3, "/a"), exec(4, 5, "/child", true),
       event(audit::Event::spawned, 5, 5, -1, 9), start(6, 9, 1, "/child"), arrived(7, 9, 3, "/a"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/spawner", "/child 3=/a!open"));
}

TEST_F(Tracking, WhatTheShimHasMarkedIsWithheld) {
  Event marked = made(3, 1, 4, "/asked");
  marked.flags = 0;
  take(start(1, 1, 0, "/parent"), forced(2, 1, 3, "/a"), marked, forced(4, 1, 5, "/closed"), closed(5, 1, 5, 5),
       forced(6, 1, 6, "/marked later"), event(audit::Event::flagged, 7, 1, 6, 6), made(8, 1, 7, "/rule"),
       forced(9, 1, 8, "/given"), exec(10, 1, "/next"), event(audit::Event::given, 11, 1, 8, 0, {"standard", "exempt"}),
       start(12, 1, 0, "/next"), arrived(13, 1, 7, "/rule"), arrived(14, 1, 8, "/given"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/next 7=/rule!open 8=/given!open 3=/a!open-"));
}

TEST_F(Tracking, WhatWasWithheldIsMissedByItsUse) {
  take(start(1, 1, 0, "/parent"), forced(2, 1, 3, "/a"), forced(3, 1, 4, "/b"), forced(4, 1, 5, "/c"),
       forked(5, 2, 1, 4), exec(6, 2, "/next"), start(7, 2, 1, "/next"), missed(8, 2, 3, "read"),
       missed(9, 2, 3, "write"), missed(10, 2, 9, "read"), cleared_out(11, 2, 4, 4), missed(12, 1, 5, "fstat"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/next 3=/a!open-read 4=/b!open-close 5=/c!open-"));
}

TEST_F(Tracking, WhatWasWithheldIsMissedByAForkedChild) {
  take(start(1, 1, 0, "/parent"), forced(2, 1, 3, "/a"), exec(3, 1, "/next"), start(4, 1, 0, "/next"),
       forked(5, 2, 1, 4), missed(6, 2, 3, "read"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/next 3=/a!open-read"));
}

TEST_F(Tracking, WhatWasWithheldWouldHaveCrossedOnAndOn) {
  take(start(1, 1, 0, "/parent"), forced(2, 1, 3, "/a"), forced(3, 1, 4, "/b"), forced(4, 1, 5, "/c"),
       exec(5, 1, "/shell"), start(6, 1, 0, "/shell"), made(7, 1, 4, "/own"), cleared_out(8, 1, 5, 5),
       exec(9, 1, "/next"), start(10, 1, 0, "/next"), arrived(11, 1, 4, "/own"), missed(12, 1, 3, "read"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/shell 3=/a!open- 4=/b!open- 5=/c!open-close",
                                   "/next 4=/own!open 3=/a!open-read"));
}

TEST_F(Tracking, WhatWasWithheldStaysBehindAnotherOfItsNumber) {
  take(start(1, 1, 0, "/parent"), forced(2, 1, 3, "/a"), forced(3, 1, 4, "/b"), exec(4, 1, "/shell"),
       start(5, 1, 0, "/shell"), made(6, 1, 3, "/script"), closed(7, 1, 3, 3), made(8, 1, 4, "", "dup2"),
       closed(9, 1, 4, 4), exec(10, 1, "/next"), start(11, 1, 0, "/next"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/shell 3=/a!open- 4=/b!open-", "/next 3=/a!open-"));
}

TEST_F(Tracking, NumbersThatAreClearedOutAreNotMissed) {
  take(start(1, 1, 0, "/parent"), forced(2, 1, 3, "/a"), exec(3, 1, "/daemon"), start(4, 1, 0, "/daemon"),
       cleared_out(5, 1, 3, 3), cleared_out(6, 1, 3, 1023), exec(7, 1, "/next"), start(8, 1, 0, "/next"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/daemon 3=/a!open-", "/next"));
}

TEST_F(Tracking, AFailedStartIsNone) {
  take(start(1, 1, 0, "/parent"), exec(2, 1, "/none"), event(audit::Event::failed, 3, 1));
  EXPECT_THAT(found(), ElementsAre("/parent"));
}

TEST_F(Tracking, LooksOnceAtWhatDoesNotAnswer) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "", "socket"), made(3, 1, 4, "/a"), exec(4, 1, "/static", true));
  for (int i = 0; i < 3; ++i) tracker_.look_at_pending();
  EXPECT_EQ(looks_, 1U);
  EXPECT_THAT(found(), ElementsAre("/parent", "/static? 3=found!socket 4=/a!open"));
}

TEST_F(Tracking, WhatHasEndedIsSettledAndAnswersNoMore) {
  Event spawned = event(audit::Event::spawned, 3, 1, -1, 77);
  take(start(1, 1, 0, "/parent"), exec(2, 1, "/static", true), spawned);
  gone_ = {77};
  tracker_.look_at_pending();
  EXPECT_EQ(tracker_.execs(), 1U);
  tracker_.look_at_pending();
  EXPECT_EQ(tracker_.execs(), 2U);
  EXPECT_THAT(found(), ElementsAre("/parent", "/static?static"));
}

TEST_F(Tracking, WhatAnotherThreadHadYetToTellIsFoundInTheRecordBehind) {
  take(start(1, 1, 0, "/parent"), forked(4, 2, 1, 1), made(5, 1, 3, "/a"), exec(6, 2, "/child"),
       start(7, 2, 1, "/child"), arrived(8, 2, 3, "/a"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/child 3=/a!open"));
}

TEST_F(Tracking, WhatAnotherThreadWasAboutToCloseIsFoundInTheRecordBefore) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "/a"), closed(3, 1, 3, 3), forked(4, 2, 1, 3), made(5, 1, 3, "/b"),
       exec(6, 2, "/child"), start(7, 2, 1, "/child"), arrived(8, 2, 3, "/a"));
  EXPECT_THAT(found(), ElementsAre("/parent", "/child 3=/a!open"));
}

TEST_F(Tracking, OfAProgramThatCannotListWhatItGotItsParentsWordStands) {
  Event marked = event(audit::Event::flagged, 4, 1, 4, 4);
  Event blind = start(7, 2, 1, "/child");
  blind.flags = audit::is_blind;
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "/a"), made(3, 1, 4, "/b"), marked, forked(5, 2, 1, 4),
       exec(6, 2, "/child"), blind, exec(8, 2, "/next", true));
  EXPECT_THAT(found(), ElementsAre("/parent", "/child 3=/a!open", "/next? 3=/a!open"));
}

TEST_F(Tracking, TheSameCrossingIsKeptOnce) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "/a"));
  for (int pid = 2; pid < 5; ++pid)
    take(forked(10, pid, 1, 2), exec(11, pid, "/child"), start(12, pid, 1, "/child"), arrived(13, pid, 3, "/a"));
  const std::vector<Exec> execs = tracker_.finish();
  ASSERT_EQ(execs.size(), 4U);
  EXPECT_EQ(&execs[1].fds[0], &execs[2].fds[0]);
  EXPECT_EQ(&execs[1].fds[0], &execs[3].fds[0]);
}

TEST_F(Tracking, ThePipesTwoEndsKnowEachOther) {
  take(start(1, 1, 0, "/parent"), made(2, 1, 3, "", "pipe"), made(3, 1, 4, "", "pipe"), exec(4, 1, "/x", true));
  EXPECT_THAT(found(), ElementsAre("/parent",
                                   "/x? 3=read end; the other end is 4 of parent[1]!pipe "
                                   "4=write end; the other end is 3 of parent[1]!pipe"));
}

TEST_F(Tracking, WhatMakesNoSenseDoesNoHarm) {
  take(arrived(1, 9, 3, "/a"), closed(2, 9, 0, -1), exec(3, 9, ""), event(audit::Event::given, 4, 8, 3),
       event(audit::Event::failed, 5, 8), event(audit::Event::spawned, 6, 8), forked(7, 9, 9, 99), start(8, 9, 9, ""),
       event(audit::Event::flagged, 9, 9, -5, -5), made(10, 9, -7, "/a"));
  EXPECT_THAT(found(), ElementsAre("?", ""));
}

}  // namespace
}  // namespace cloexec::cli
