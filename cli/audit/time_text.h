// SPDX-License-Identifier: Apache-2.0
//
// Moments, in milliseconds since the Epoch, as ISO 8601 has them.
#pragma once

#include <cstdint>
#include <string>

namespace cloexec::cli {

/// "2026-01-31T12:00:00.250Z"; empty for 0, which is no moment.
std::string time_text(std::int64_t time);

/// 0 for what is no such text.
std::int64_t time_from(const std::string& text);

std::int64_t time_now();

}  // namespace cloexec::cli
