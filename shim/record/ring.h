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

/// Whether there may be one: the library that everybody loads has none, nor the code that would call it.
#ifdef CLOEXEC_WITHOUT_RECORDER
inline constexpr bool has_recorder = false;
#else
inline constexpr bool has_recorder = true;
#endif

/// Whether somebody audits this process.
inline bool is_recording() { return has_recorder && ring != nullptr; }

/// Maps the ring in the file at `path`, or the one that the audit hands out to who may not open it, for ever. Not
/// having one is no error. To be called once, at load.
void map_ring(const char* path);

/// Numbers that a thread has closed one after the other, though none was open: daemons clear out thousands before they
/// start a program. They are told when they are 1, 2, 4, 8 and so on, and all of them before the thread's next record.
struct MissedCloses {
  int first = -1;
  int last = -1;

  /// Takes one more number.
  void add(int fd);

  /// Makes the record, if there are any.
  void tell();
};

extern constinit thread_local MissedCloses missed_closes;

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
