// SPDX-License-Identifier: Apache-2.0
//
// Stands for ring.cpp, recorder.cpp and arrivals.cpp in the library that everybody loads: only the one that audits load
// has them.

#include "shim/record/recorder.h"

namespace cloexec {

constinit audit::Ring* ring = nullptr;

void map_ring(const char*) {}
void record_start(char* const*) {}
void record_made(const Site&, int, Marked) {}
void record_flag_set(unsigned, unsigned) {}
void record_flag_cleared(const Site&, int) {}
void record_closed(unsigned, unsigned) {}
void record_missed(std::string_view, int) {}
void record_missed_close(int) {}
void record_exec(const Start&) {}
void record_shell(const char*) {}
void record_given(int, const Decision&, std::string_view) {}
void record_failed() {}
void record_spawned(int) {}

}  // namespace cloexec
