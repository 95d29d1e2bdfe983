// SPDX-License-Identifier: Apache-2.0
//
// How long it takes to make a descriptor and close it: past every preload (bare), by name (plain), and as a program
// does that asks for close-on-exec itself (asked, fcntl). Run under the shim, plain is what a program gets; run
// without, plain is bare once more and shows how far two equal things differ. scripts/bench takes them in turns
// (--benchmark_enable_random_interleaving).

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <string>

#include "makers.h"

namespace {

/// Takes all numbers below `count`, so that the next descriptor is above. Only root may raise the limit.
void take_numbers(int count) {
  const auto needed = static_cast<rlim_t>(count) + 1024;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < needed) limit.rlim_max = needed;
  limit.rlim_cur = needed;
  setrlimit(RLIMIT_NOFILE, &limit);
  for (int fd = 0; fd < count - 1;) {
    fd = of_libc().fcntl(1, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
      perror("times: not so many descriptors can be open");
      exit(1);
    }
  }
}

/// Always as many: what Google Benchmark chooses by a first try goes wrong when the machine is busy just then.
int iterations() {
  const char* const asked = std::getenv("BENCH_ITERATIONS");
  return asked != nullptr ? std::atoi(asked) : 1000;
}

void add(const Maker& maker, const char* form_name, const Functions& libc, Form form) {
  benchmark::RegisterBenchmark((std::string(maker.name) + "/" + form_name).c_str(),
                               [&maker, &libc, form](benchmark::State& state) {
                                 for (auto step : state) {
                                   static_cast<void>(step);
                                   maker.make(libc, form);
                                 }
                               })
      ->Iterations(iterations())
      ->ThreadRange(1, 8)
      ->UseRealTime();
}

}  // namespace

int main(int count, char** arguments) {
  if (const char* taken = std::getenv("BENCH_TAKEN_NUMBERS")) take_numbers(std::atoi(taken));
  for (const Maker& maker : makers()) {
    add(maker, "bare", of_libc(), Form::plain);
    add(maker, "plain", by_name(), Form::plain);
    if (!maker.has_forms) continue;
    add(maker, "asked", of_libc(), Form::asked);
    add(maker, "fcntl", of_libc(), Form::by_fcntl);
  }
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
}
