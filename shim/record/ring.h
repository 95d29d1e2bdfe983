// SPDX-License-Identifier: Apache-2.0
//
// The shim's end of the audit's ring: no lock, no heap, and no system call but those by which a process or a thread
// learns its number, once. Works in signal handlers and vfork children; what is killed leaves nothing that others wait
// for. Nothing here changes errno.
#pragma once

#include <string_view>

#include "audit/record.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// The ring that this process writes to; null when nobody audits. Others write to it at the same time.
extern constinit audit::Ring* ring;

/// Whether somebody audits this process.
inline bool is_recording() { return ring != nullptr; }

/// Maps the ring in the file at `path`, if it is one, for ever. Not having one is no error: a process that has changed
/// its user or its root may not be able to. To be called once, at load.
void map_ring(const char* path);

/// A record that is being written.
class Entry {
 public:
  /// Claims a slot for it and says who makes it: before the first of a forked child whose child that is. `flags` are
  /// those of audit/record.h, here and in the record. Where there is no room it is counted as lost.
  Entry(audit::Event event, int fd, unsigned flags = 0);

  /// Publishes it: nothing may be written to it any more.
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  /// The record, to be filled in; null when the ring has no room.
  audit::Record* operator->() const { return record_; }

  /// Whether there is a record.
  explicit operator bool() const { return record_ != nullptr; }

  /// Adds a text at its place (audit/record.h), or as much of it as there is room for; those before it that were not
  /// said are empty. Places must come in their order. Nothing without a record.
  template <typename Place>
  void add(Place place, std::string_view text) const {
    while (count_ < static_cast<unsigned>(place)) append({});
    append(text);
  }

 private:
  /// Adds the next text.
  void append(std::string_view text) const;

  audit::Record* record_;
  mutable unsigned count_ = 0;  // of texts that were added
};

}  // namespace cloexec
