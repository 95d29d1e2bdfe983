// SPDX-License-Identifier: Apache-2.0
//
// What was seen of execs from outside, by a supervisor, and how that comes through a pipe to the audit.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// An exec, as the new program began.
struct Sighting {
  Exec exec;                 // without the shim; not watched either when nobody may look into it
  std::vector<int> older;    // what was there when the program that it comes from began, ascending
  std::string path;          // by which it was started: of a script the script's
  bool is_weakened = false;  // without the rights that its file gives, as it was traced
};

/// Each writes one message to `pipe`. Who reads it may be gone: then nothing happens.
void write_sighting(int pipe, const Sighting& sighting);
/// What could not be closed, of what was to be withheld from the last program in a process.
void write_left(int pipe, int process, const std::vector<int>& fds);
/// Nothing will be seen.
void write_refusal(int pipe, std::string_view why);

/// The reader's end.
class Sightings {
 public:
  /// Throws std::runtime_error when there is no pipe.
  Sightings();
  ~Sightings();
  Sightings(const Sightings&) = delete;
  Sightings& operator=(const Sightings&) = delete;

  [[nodiscard]] int pipe() const { return ends_[1]; }

  /// Takes what has come, and never waits.
  void read();

  /// In the order in which they happened.
  std::vector<Sighting> take() { return std::move(taken_); }

  /// Why nothing was seen; empty when nothing forbade it.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  void take_message(std::string_view message);
  std::shared_ptr<const Crossing> crossing_from(const std::string& bytes);

  std::array<int, 2> ends_{-1, -1};
  std::string waiting_;  // not whole yet
  std::vector<Sighting> taken_;
  std::unordered_map<std::string, std::shared_ptr<const Crossing>> known_;  // what many execs have in common
  std::string refusal_;
};

}  // namespace cloexec::cli
