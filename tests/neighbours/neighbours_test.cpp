// SPDX-License-Identifier: Apache-2.0
//
// Other preloads above and below the shim: each goes on doing its own job, and every descriptor is close-on-exec. A
// neighbour above the shim that reaches libc past it (by dlopen) keeps its calls inheritable; that is shown too.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/shell.h"

namespace {

struct Neighbour {
  const char* name;
  const char* start;     // starts a program under the neighbour
  const char* job;       // what only works under it; a shell command without single quotes
  const char* evidence;  // what the job prints then, and not otherwise
  bool passes_by;        // above the shim, it does not call what is below it
};

const Neighbour neighbours[] = {
    {"fakeroot", "env FAKEROOTDONTTRYCHOWN=1 fakeroot",
     "touch f && chown 7 f && test $(stat -c %u f) = 7 && test $(env -u LD_PRELOAD stat -c %u f) != 7 && echo faked",
     "faked", false},
    {"faketime", "env FAKETIME='2001-02-03 04:05:06' LD_PRELOAD=" FAKETIME, "date +year=%Y", "year=2001", false},
    {"eatmydata", "env LD_PRELOAD=" EATMYDATA,
     STRACE " -o trace -e trace=fsync dd if=/dev/zero of=f count=1 conv=fsync; echo fsyncs=$(grep -c fsync trace)",
     "fsyncs=0", false},
    {"jemalloc", "env MALLOC_CONF=stats_print:true LD_PRELOAD=" JEMALLOC, PROBE " socket", "jemalloc statistics",
     false},
    {"torsocks", "env TORSOCKS_LOG_LEVEL=1 TORSOCKS_CONF_FILE=torsocks.conf LD_PRELOAD=" TORSOCKS,
     "bash -c \"exec 9<>/dev/udp/127.0.0.1/9\"", "not permitted", true},
    {"socket_wrapper", "env SOCKET_WRAPPER_DIR=sockets LD_PRELOAD=" SOCKET_WRAPPER, TALK, "wrapped=1", true},
};

/// An empty folder of the test's own, left behind when the test ends.
class Folder {
 public:
  Folder() {
    std::string path = testing::TempDir() + "neighbours-XXXXXX";
    path_ = mkdtemp(path.data()) != nullptr ? path : "";
    std::filesystem::create_directory(path_ / "sockets");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

enum class Order { alone, shim_above, shim_below };

Outcome run_beside(const Neighbour& neighbour, Order order, const std::string& command) {
  const Folder folder;
  const std::string preload = order == Order::alone        ? "$LD_PRELOAD"
                              : order == Order::shim_above ? SHIM ":$LD_PRELOAD"
                                                           : "$LD_PRELOAD:" SHIM;
  return run_in_shell("cd " + quoted(folder.path()) +
                      " && printf \"AllowInbound 1\\nAllowOutboundLocalhost 1\\n\" > torsocks.conf && timeout 60 " +
                      neighbour.start + " sh -c " + quoted("export LD_PRELOAD=" + preload + "; " + command));
}

class Beside : public testing::TestWithParam<Neighbour> {};

TEST_P(Beside, TheNeighbourDoesItsJob) {
  const Neighbour& neighbour = GetParam();
  const Folder folder;
  EXPECT_EQ(run_in_shell("cd " + quoted(folder.path()) + " && sh -c " + quoted(neighbour.job))
                .output.find(neighbour.evidence),
            std::string::npos)
      << "the job works without the neighbour too";
  for (const Order order : {Order::alone, Order::shim_above, Order::shim_below}) {
    const Outcome outcome = run_beside(neighbour, order, neighbour.job);
    EXPECT_NE(outcome.output.find(neighbour.evidence), std::string::npos)
        << static_cast<int>(order) << ": " << outcome.output;
  }
}

TEST_P(Beside, EveryDescriptorIsCloseOnExecAndNothingElseChanges) {
  const Neighbour& neighbour = GetParam();
  const Outcome alone = run_beside(neighbour, Order::alone, PROBE " --times 2 2>/dev/null");
  const Outcome above = run_beside(neighbour, Order::shim_above, PROBE " --times 2 2>/dev/null");
  EXPECT_EQ(alone.status, 0) << alone.output;
  EXPECT_EQ(above.status, 0) << above.output;
  EXPECT_NE(alone.output.find("cloexec=0"), std::string::npos) << alone.output;
  EXPECT_EQ(above.output, with_flags_set(alone.output));
}

TEST_P(Beside, TheOtherOrderWorksToo) {
  const Neighbour& neighbour = GetParam();
  const Outcome alone = run_beside(neighbour, Order::alone, PROBE " --times 2 2>/dev/null");
  const Outcome below = run_beside(neighbour, Order::shim_below, PROBE " --times 2 2>/dev/null");
  EXPECT_EQ(below.status, 0) << below.output;
  EXPECT_EQ(with_flags_set(below.output), with_flags_set(alone.output));
  EXPECT_EQ(below.output.find("socket main cloexec=0") != std::string::npos, neighbour.passes_by) << below.output;
}

INSTANTIATE_TEST_SUITE_P(Preloads, Beside, testing::ValuesIn(neighbours),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(SocketWrapper, SocketsStayWrappedWhereverTheyMove) {
  const Neighbour& neighbour = neighbours[std::size(neighbours) - 1];
  const Outcome alone = run_beside(neighbour, Order::alone, TALK);
  const Outcome above = run_beside(neighbour, Order::shim_above, TALK);
  const Outcome below = run_beside(neighbour, Order::shim_below, TALK);
  EXPECT_EQ(alone.status, 0);
  EXPECT_EQ(alone.output.find("talks=0"), std::string::npos) << alone.output;
  EXPECT_EQ(above.output, with_flags_set(alone.output));
  EXPECT_EQ(with_flags_set(below.output), with_flags_set(alone.output));
}

}  // namespace
