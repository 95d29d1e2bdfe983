// SPDX-License-Identifier: Apache-2.0
//
// The reader of audits on any bytes in the ring: it takes each record once, follows none that makes no sense, and every
// report can be written of what it has understood. Call stacks lie behind the records. The first byte says how often
// the ring is read meanwhile.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "cli/audit/report.h"
#include "cli/audit/ring.h"
#include "cli/audit/tracker.h"
#include "target.h"

using namespace cloexec;

namespace {

constexpr std::uint32_t slots = 64;
constexpr std::uint32_t stacks = slots / 8;

void overwrite(const cli::Ring& ring, const std::uint8_t* data, std::size_t size) {
  const int fd = open(ring.path().c_str(), O_WRONLY | O_CLOEXEC);
  const std::size_t most = sizeof(audit::Ring) + slots * sizeof(audit::Record) + stacks * sizeof(audit::Stack);
  REQUIRE(pwrite(fd, data, std::min(size, most), 0) >= 0);
  close(fd);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned rounds = 1 + data[0] % 3;
  ++data;
  --size;
  cli::Ring ring(slots, true);
  cli::Tracker tracker(1, {[](int, const std::vector<int>& fds) { return std::vector<cli::Description>(fds.size()); },
                           [](int) { return std::string(); }, [](int pid) { return pid % 2 == 0; },
                           [](int, const std::string&) { return std::vector<std::string>(); }});
  std::size_t taken = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    const std::size_t begin = size * round / rounds;
    overwrite(ring, data + begin, size * (round + 1) / rounds - begin);
    // Also what lies where no ticket leads to.
    for (const bool is_rest : {false, true})
      for (const cli::Event& event : is_rest ? ring.take_rest() : ring.take()) {
        ++taken;
        if (event.stack != nullptr)
          for (const cli::MappedObject& object : event.stack->objects()) REQUIRE(object.begin <= object.end);
        tracker.take(event);
      }
    tracker.look_at_pending();
    REQUIRE(ring.take().empty() && ring.take_rest().empty());
  }
  REQUIRE(taken <= std::size_t{slots} * rounds);
  cli::Report report;
  report.execs = tracker.finish();
  report.lost = ring.lost(true);
  const std::string json = as_json(report);
  REQUIRE(as_json(cli::report_from_json(json)) == json);
  REQUIRE(!as_text(report, 80, true).empty() && !as_html(report).empty() && !as_sarif(report).empty() &&
          !as_junit(report).empty());
  return 0;
}
