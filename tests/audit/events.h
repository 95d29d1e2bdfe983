// SPDX-License-Identifier: Apache-2.0
//
// Events as an audited process would tell them, for tests of the reader.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "cli/audit/ring.h"

namespace cloexec::cli {

inline std::string encoded(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (const std::string_view text : texts) {
    const auto size = static_cast<std::uint16_t>(text.size());
    all.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
  }
  return all;
}

inline Event event(audit::Event what, std::uint64_t ticket, int pid, int fd = -1, int other = 0,
                   std::initializer_list<std::string_view> texts = {}) {
  Event event{};
  event.ticket = ticket;
  event.what = what;
  event.pid = event.tid = pid;
  event.fd = fd;
  event.other = other;
  event.texts = encoded(texts);
  return event;
}

inline Event start(std::uint64_t ticket, int pid, int parent, std::string_view program) {
  return event(audit::Event::start, ticket, pid, -1, parent, {program, program});
}

inline Event made(std::uint64_t ticket, int pid, int fd, std::string_view path, std::string_view call = "open") {
  Event made = event(audit::Event::made, ticket, pid, fd, 0, {call, "libx.so", path});
  made.flags = audit::is_inheritable;
  return made;
}

/// By the shim, to be close-on-exec.
inline Event forced(std::uint64_t ticket, int pid, int fd, std::string_view path) {
  Event forced = made(ticket, pid, fd, path);
  forced.flags = audit::was_forced;
  return forced;
}

inline Event missed(std::uint64_t ticket, int pid, int fd, std::string_view call) {
  return event(audit::Event::missed, ticket, pid, fd, 0, {call});
}

/// Though none of them is open.
inline Event cleared_out(std::uint64_t ticket, int pid, int first, int last) {
  Event closed = event(audit::Event::closed, ticket, pid, first, last);
  closed.flags = audit::was_missing;
  return closed;
}

inline Event closed(std::uint64_t ticket, int pid, int first, int last) {
  return event(audit::Event::closed, ticket, pid, first, last);
}

inline Event forked(std::uint64_t ticket, int pid, int parent, std::uint64_t seen) {
  Event forked = event(audit::Event::forked, ticket, pid, -1, parent);
  forked.seen = seen;
  return forked;
}

inline Event exec(std::uint64_t ticket, int pid, std::string_view program, bool makes_process = false) {
  Event exec =
      event(audit::Event::exec, ticket, pid, -1, 0, {makes_process ? "posix_spawn" : "execve", program, program});
  if (makes_process) exec.flags = audit::as_child;
  return exec;
}

inline Event arrived(std::uint64_t ticket, int pid, int fd, std::string_view link) {
  Event arrived = event(audit::Event::arrived, ticket, pid, fd, 0, {link});
  arrived.mode = 0100644;
  return arrived;
}

}  // namespace cloexec::cli
