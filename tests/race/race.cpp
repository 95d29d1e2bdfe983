// SPDX-License-Identifier: Apache-2.0
//
// race PROGRAM EXECS [PATIENCE]: threads make and close descriptors while others start PROGRAM (see count.c) in every
// way, at least EXECS times in all. Half of the starts race against one creating call at a time, so that the calls
// answer for themselves; the other half against all of them in quick rotation. A call of which nothing was seen is
// tried PATIENCE times more, for a busy machine may have run the threads one after the other. Prints what reached the
// children; the status is 0 unless something could not be done.
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <latch>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "launches.h"
#include "tests/support/creations.h"

namespace {

struct Tally {
  long execs = 0;
  long leaked = 0;
  long children = 0;

  void operator+=(const Tally& other) {
    execs += other.execs;
    leaked += other.leaked;
    children += other.children;
  }
};

struct Result {
  long creations = 0;
  std::map<std::string, Tally> by_way;
  std::map<std::string, long> kinds;

  Tally total() const {
    Tally sum;
    for (const auto& [way, tally] : by_way) sum += tally;
    return sum;
  }
  void operator+=(const Result& other) {
    creations += other.creations;
    for (const auto& [way, tally] : other.by_way) by_way[way] += tally;
    for (const auto& [kind, count] : other.kinds) kinds[kind] += count;
  }
};

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "race: %s: %s\n", what, why);
  _exit(1);
}

// A thread that gives the processor away while its descriptor is open makes a leak likely where nothing prevents it;
// one that does not makes more descriptors, and so meets the window of a flag that is set late.
constexpr Visit holds[] = {[](int) { sched_yield(); }, [](int) {}};
constexpr long creators = std::size(holds);

void make(const Creation& creation, Visit hold) {
  if (const int error = creation.make(hold)) fail(creation.name, std::strerror(error));
}

/// Starts `program` `times` times in one way, and reads what each child counted.
Result launch(const Way& way, const char* program, int times) {
  Result result;
  Tally& tally = result.by_way[way.name];
  for (int i = 0; i < times; ++i) {
    std::istringstream report(way.launch(program));
    long leaked;
    if (!(report >> leaked)) fail(way.name, "a child reported nothing");
    ++tally.execs;
    tally.leaked += leaked;
    tally.children += leaked > 0;
    for (std::string kind; report >> kind;) ++result.kinds[kind];
  }
  return result;
}

/// Races `calls`, one after the other in each of the creating threads, against every way of launching.
Result race(std::span<const Creation> calls, const char* program, int launches_each) {
  std::atomic<bool> done = false;
  std::latch started(creators);
  std::atomic<long> made = 0;
  const auto create = [&](Visit hold) {
    for (const Creation& call : calls) make(call, hold);
    started.count_down();
    while (!done)
      for (const Creation& call : calls) {
        make(call, hold);
        ++made;
        if (done) break;
      }
  };
  std::vector<Result> results(ways().size());
  std::vector<std::jthread> threads;
  for (const Visit hold : holds) threads.emplace_back(create, hold);
  started.wait();
  {
    std::vector<std::jthread> launchers;
    for (std::size_t i = 0; i < results.size(); ++i)
      launchers.emplace_back([&, i] { results[i] = launch(ways()[i], program, launches_each); });
  }
  done = true;
  threads.clear();
  Result sum;
  sum.creations = made + creators * std::ssize(calls);
  for (const Result& result : results) sum += result;
  return sum;
}

void print(const char* what, const std::string& name, const Tally& tally) {
  std::printf("%s %s execs=%ld leaked=%ld children=%ld", what, name.c_str(), tally.execs, tally.leaked, tally.children);
}

}  // namespace

int main(int argc, char** argv) {
  const int execs = argc == 3 || argc == 4 ? std::atoi(argv[2]) : 0;
  const int patience = argc == 4 ? std::atoi(argv[3]) : 0;
  if (execs <= 0 || patience < 0) {
    std::fprintf(stderr, "usage: race PROGRAM EXECS [PATIENCE]\n");
    return 2;
  }
  for (int fd = STDERR_FILENO + 1; fd < 1024; ++fd) close(fd);

  const int each = execs / 2 / static_cast<int>(ways().size());
  Result sum;
  for (const Creation& call : creations()) {
    const int launches_each = each / static_cast<int>(creations().size()) + 1;
    Result alone = race({&call, 1}, argv[1], launches_each);
    for (int more = 0; more < patience && alone.total().leaked == 0; ++more)
      alone += race({&call, 1}, argv[1], launches_each);
    print("call", call.name, alone.total());
    std::printf(" creations=%ld\n", alone.creations);
    sum += alone;
  }
  sum += race(creations(), argv[1], each);

  for (const auto& [way, tally] : sum.by_way) {
    print("way", way, tally);
    std::printf("\n");
  }
  for (const auto& [kind, count] : sum.kinds) std::printf("kind %s leaked=%ld\n", kind.c_str(), count);
  print("total", "all", sum.total());
  std::printf(" creations=%ld\n", sum.creations);
}
