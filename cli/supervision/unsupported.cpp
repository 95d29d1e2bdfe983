// SPDX-License-Identifier: Apache-2.0
//
// For architectures that the room supervise/ does not know.

#include <stdexcept>

#include "cli/audit/sighting.h"
#include "cli/supervision/supervision.h"

namespace cloexec::cli {
namespace {

constexpr const char* why = "a supervisor knows x86-64 and aarch64 alone";

}  // namespace

void add_options(CLI::App&, Supervision&) {}

void warn_of_lost_rights(const std::string&) {}

void begin_supervision(const Settings&, const Supervision&) { throw std::runtime_error(why); }

void begin_watch(const Settings&, const Supervision&, int pipe) { write_refusal(pipe, why); }

}  // namespace cloexec::cli
