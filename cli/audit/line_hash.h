// SPDX-License-Identifier: Apache-2.0
//
// What GitHub knows a line of source by in the next run, whether lines were put in above it or the file was moved: the
// hash that its upload-sarif action computes, and warns of when it finds another (`primaryLocationLineHash`).
#pragma once

#include <string>
#include <string_view>

namespace cloexec::cli {

/// "39fa2ee980eb94b0:1": a hash of the 100 characters from the line's beginning on, blanks left out, and how often it
/// has come until then in `text`. Empty when there is no such line; lines count from 1.
std::string line_hash(std::string_view text, unsigned line);

}  // namespace cloexec::cli
