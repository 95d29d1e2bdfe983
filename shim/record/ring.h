// SPDX-License-Identifier: Apache-2.0
//
// The shim's end of the audit's ring: no lock, no heap, and no system call but those by which a process or a thread
// learns its number, once. Works in signal handlers and vfork children; what is killed leaves nothing that others wait
// for.
#pragma once

#include <string_view>

#include "audit/record.h"

namespace [[gnu::visibility("hidden")]] cloexec {

extern constinit audit::Ring* ring;

/// Whether somebody audits.
inline bool is_recording() { return ring != nullptr; }

/// Maps the ring at `path`. Not having one is no error: a process that has changed its user or its root may not be able
/// to.
void map_ring(const char* path);

/// A record being written; published when it goes out of scope.
class Entry {
 public:
  Entry(audit::Event event, int fd, unsigned flags = 0);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  /// Null when the ring has no room.
  audit::Record* operator->() const { return record_; }
  explicit operator bool() const { return record_ != nullptr; }

  /// Adds a text at its place, or as much of it as there is room for; those before it that were not said are empty.
  template <typename Place>
  void add(Place place, std::string_view text) const {
    while (count_ < static_cast<unsigned>(place)) append({});
    append(text);
  }

 private:
  void append(std::string_view text) const;

  audit::Record* record_;
  mutable unsigned count_ = 0;
};

}  // namespace cloexec
