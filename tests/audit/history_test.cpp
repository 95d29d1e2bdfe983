// SPDX-License-Identifier: Apache-2.0
//
// What is known of a process's descriptors, now and as of some ticket: what changes costs, what does not is shared.

#include "cli/audit/history.h"

#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/audit/events.h"

namespace cloexec::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Descriptor opened(std::string_view path, int fd = 3) {
  Descriptor descriptor;
  const auto none = std::make_shared<const std::string>();
  descriptor.made = std::make_shared<const Making>(Making{made(0, 1, fd, path), none, none});
  return descriptor;
}

Descriptor ended(Descriptor descriptor) {
  descriptor.is_open = false;
  return descriptor;
}

std::map<int, std::string> open_in(const Table& table) {
  std::map<int, std::string> open;
  table.each_open(0, std::numeric_limits<int>::max(),
                  [&](int fd, const Descriptor& one) { open[fd] = one.crossing(fd).target; });
  return open;
}

TEST(Table, CopiesShareWhatNeitherChanges) {
  Table first;
  for (int fd = 0; fd < 100; ++fd) first.set(fd, opened("a"));
  Table second = first;
  EXPECT_EQ(first.find(50), second.find(50));
  second.set(50, opened("b"));
  EXPECT_EQ(first.find(50)->crossing(50).target, "a");
  EXPECT_EQ(second.find(50)->crossing(50).target, "b");
  EXPECT_EQ(first.find(99), second.find(99));
  first.edit(99)->other_end = 7;
  EXPECT_EQ(second.find(99)->other_end, -1);
}

TEST(Table, TellsOpenOnesInOrderAndWithinARange) {
  Table table;
  for (const int fd : {1000000, 3, 17, 16, 15}) table.set(fd, opened("a"));
  table.set(16, ended(opened("a")));
  std::vector<int> open;
  table.each_open(3, 2000000, [&](int fd, const Descriptor&) { open.push_back(fd); });
  EXPECT_THAT(open, ElementsAre(3, 15, 17, 1000000));
  open.clear();
  table.each_open(4, 17, [&](int fd, const Descriptor&) { open.push_back(fd); });
  EXPECT_THAT(open, ElementsAre(15, 17));
  EXPECT_NE(table.find(16), nullptr);
  table.erase(16);
  EXPECT_EQ(table.find(16), nullptr);
}

TEST(Table, KnowsNoNegativeNumbers) {
  Table table;
  table.set(-1, opened("a"));
  EXPECT_EQ(table.find(-1), nullptr);
  EXPECT_EQ(table.edit(-1), nullptr);
  table.erase(-1);
  EXPECT_TRUE(open_in(table).empty());
}

TEST(History, UndoesChanges) {
  History history;
  history.change(3, 10, opened("a"));
  history.change(4, 20, opened("b"));
  history.change(3, 30, ended(opened("a")));
  history.change(3, 40, opened("c"));
  EXPECT_THAT(open_in(history.as_of(9)), ElementsAre());
  EXPECT_THAT(open_in(history.as_of(10)), ElementsAre(Pair(3, "a")));
  EXPECT_THAT(open_in(history.as_of(29)), ElementsAre(Pair(3, "a"), Pair(4, "b")));
  EXPECT_THAT(open_in(history.as_of(30)), ElementsAre(Pair(4, "b")));
  EXPECT_THAT(open_in(history.as_of(99)), ElementsAre(Pair(3, "c"), Pair(4, "b")));
  std::vector<std::pair<std::uint64_t, bool>> versions;
  for (const Descriptor* one : history.versions(3)) versions.emplace_back(one->since, one->is_open);
  EXPECT_THAT(versions, ElementsAre(Pair(40, true), Pair(30, false), Pair(10, true)));
}

TEST(History, GivesWhatIsToldLateItsPlace) {
  History history;
  history.change(3, 10, opened("a"));
  history.change(3, 30, opened("c"));
  history.change(3, 20, ended(opened("a")));
  EXPECT_THAT(open_in(history.now()), ElementsAre(Pair(3, "c")));
  EXPECT_THAT(open_in(history.as_of(25)), ElementsAre());
  EXPECT_THAT(open_in(history.as_of(15)), ElementsAre(Pair(3, "a")));
  history.change(4, 12, opened("b"));
  EXPECT_THAT(open_in(history.as_of(11)), ElementsAre(Pair(3, "a")));
  EXPECT_THAT(open_in(history.as_of(12)), ElementsAre(Pair(3, "a"), Pair(4, "b")));
}

TEST(History, DoesNotInventWhatItHasForgotten) {
  History history;
  history.change(3, 1, opened("kept"));
  std::uint64_t ticket = 1;
  for (int i = 0; i < 20000; ++i) {
    history.change(4, ++ticket, opened("busy"));
    history.change(4, ++ticket, ended(opened("busy")));
  }
  EXPECT_THAT(open_in(history.as_of(2)), ElementsAre(Pair(3, "kept")));
  // The last changes are known one by one.
  EXPECT_THAT(open_in(history.as_of(ticket - 1)), ElementsAre(Pair(3, "kept"), Pair(4, "busy")));
  history.change(4, 5, opened("late"));
  EXPECT_THAT(open_in(history.now()), ElementsAre(Pair(3, "kept")));
}

TEST(History, AgreesWithACopyForEachTicket) {
  std::mt19937 random(13);
  History history;
  std::vector<std::map<int, std::string>> snapshots{{}};
  std::map<int, std::string> open;
  for (unsigned ticket = 1; ticket < 3000; ++ticket) {
    const int fd = static_cast<int>(random() % 40);
    const std::string path = std::to_string(ticket);
    const bool is_open = random() % 3 != 0;
    history.change(fd, ticket, is_open ? opened(path) : ended(opened(path)));
    if (is_open)
      open[fd] = path;
    else
      open.erase(fd);
    snapshots.push_back(open);
  }
  for (unsigned ticket = 0; ticket < snapshots.size(); ticket += 37)
    EXPECT_EQ(open_in(history.as_of(ticket)), snapshots[ticket]) << ticket;
}

}  // namespace
}  // namespace cloexec::cli
