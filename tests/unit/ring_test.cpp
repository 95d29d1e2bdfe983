// SPDX-License-Identifier: Apache-2.0
//
// What the recorder writes of numbers that few processes may have: beyond those that it keeps in mind.

#include "shim/record/ring.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "shim/record/recorder.h"

namespace cloexec {
namespace {

constexpr unsigned slot_count = 64;

struct File {
  audit::Ring header;
  std::array<audit::Record, slot_count> slots;
};

class Recorder : public ::testing::Test {
 protected:
  Recorder() {
    char path[] = "/tmp/ring.XXXXXX";
    fd_ = mkstemp(path);
    File file{};
    std::memcpy(file.header.magic, audit::magic.data(), audit::magic.size());
    file.header.record_size = audit::record_size;
    file.header.slot_count = slot_count;
    EXPECT_EQ(write(fd_, &file, sizeof file), static_cast<ssize_t>(sizeof file));
    map_ring(path);
    unlink(path);
  }
  ~Recorder() override {
    ring = nullptr;
    close(fd_);
  }

  std::vector<std::pair<audit::Event, int>> told() const {
    File file{};
    EXPECT_EQ(pread(fd_, &file, sizeof file, 0), static_cast<ssize_t>(sizeof file));
    std::vector<std::pair<audit::Event, int>> found;
    for (const audit::Record& record : file.slots)
      if (record.state == audit::is_ready) found.emplace_back(record.event, record.fd);
    return found;
  }

 private:
  int fd_ = -1;
};

using ::testing::ElementsAre;
using ::testing::Pair;

TEST_F(Recorder, TellsWhatClosesNumbersThatItDoesNotKeepInMind) {
  ASSERT_TRUE(is_recording());
  note_arrived(70000);
  record_closed(40000, 50000);
  record_closed(70000, 70000);
  record_closed(65000, ~0U);
  EXPECT_THAT(told(), ElementsAre(Pair(audit::Event::closed, 70000), Pair(audit::Event::closed, 65000)));
}

TEST_F(Recorder, TellsOfAClosedRangeOnceWhatWasKnownInIt) {
  note_arrived(3);
  note_arrived(65535);
  record_closed(0, 2);
  record_closed(0, 10);
  record_closed(0, 10);
  record_closed(60000, 65535);
  record_closed(60000, 65535);
  EXPECT_THAT(told(), ElementsAre(Pair(audit::Event::closed, 0), Pair(audit::Event::closed, 60000)));
}

TEST_F(Recorder, TellsNothingOfTheStandardStreams) {
  record_made({Call::open, nullptr}, 2, Marked::by_nobody);
  record_flag_set(0, 2);
  record_flag_cleared({Call::fcntl, nullptr}, 2);
  record_closed(0, 2);
  EXPECT_THAT(told(), ElementsAre());
}

}  // namespace
}  // namespace cloexec
