// SPDX-License-Identifier: Apache-2.0
//
// The ring that `cloexec audit` makes and every process of the audited tree maps: a file of a header and slots of one
// size, alike for 32-bit and 64-bit programs. The reader trusts nothing in it.
//
// A writer takes a ticket, claims the ticket's slot if it is free, fills it, and says that it is ready; the reader
// takes what is ready and frees the slot. Nobody waits for anybody. A writer that is killed in between leaves its slot
// claimed for ever, which costs the ring that slot. One that finds no free slot counts its record as lost.
#pragma once

#include <cstdint>
#include <string_view>

namespace cloexec::audit {

/// The last digit is the version of the format.
inline constexpr std::string_view magic = "cloexec2";
inline constexpr std::uint32_t record_size = 512;
/// A writer looks at so many slots before it gives up: some may have been left claimed.
inline constexpr unsigned most_attempts = 8;

enum class Event : std::uint8_t {
  start,    // a program begins. `other`: its parent. StartText
  arrived,  // what it got. ArrivedText
  forked,   // a process makes its first record. `other`: the one that it was forked off; `ticket_seen`: of that one's
            // last record before. ThreadText
  made,     // a descriptor. MadeText
  flagged,  // the program set or cleared the flag of `fd` to `other`. When it cleared it: MadeText, but for path and
            // rule
  closed,   // it is about to close `fd` to `other`
  exec,     // a program is about to be started. ExecText
  given,    // a rule gives `fd` to that program. GivenText
  kept,     // the shim has marked `fd`, which that program will not get unless it is given. ArrivedText
  failed,   // it was not started
  spawned,  // it was, as process `other`; 0 when that is not known
  thread,   // a thread other than its process's first has made a record. ThreadText
  missed,   // the program has used `fd`, which is not open. MissedText
};

// The places of the texts of a record.
enum class StartText : std::uint8_t {
  executable,
  argv0,
  thread,  // what its first one is called
};
enum class ArrivedText : std::uint8_t {
  link,         // in /proc/self/fd
  own_address,  // of a socket, as the kernel has it
  peer_address,
};
enum class MadeText : std::uint8_t {
  call,
  module,
  path,
  rule_source,
  rule,
  folder,  // that the module was loaded from; empty for the program
};
enum class ThreadText : std::uint8_t { name };  // by then
enum class ExecText : std::uint8_t { call, program, argv0 };
enum class GivenText : std::uint8_t {
  rule_source,
  rule,
  word,  // that announces the number to it; empty when the rule does not ask for one
};
enum class MissedText : std::uint8_t { call };

/// Bits of `flags`.
enum : unsigned {
  is_inheritable = 1,  // made, flagged
  is_blind = 1,        // start: without /proc it cannot tell what it got
  by_allowlist = 2,    // made: the number is exempt, by CLOEXEC_ALLOW
  is_listening = 2,    // arrived: a socket that does
  by_rule = 4,         // made: a rule exempts it
  in_child = 8,        // any: in a forked child
  as_child = 16,       // exec: of a function that makes a process
  has_stack = 16,      // made, flagged: audit/stack.h
  is_cut = 32,         // any: a text is not whole
  can_read = 64,       // arrived
  was_forced = 64,     // made: the shim has marked it
  was_missing = 64,    // closed: none of them was open
  can_write = 128,     // arrived
};

/// What a slot is.
enum State : std::uint32_t { is_free, is_claimed, is_ready };

struct alignas(8) Record {
  std::uint32_t state;  // State
  std::uint32_t ticket;
  std::int32_t pid;
  std::int32_t tid;
  Event event;
  std::uint8_t flags;
  std::uint16_t text_size;
  std::int32_t fd;
  std::int32_t other;
  std::uint32_t ticket_seen;    // forked: of the parent's last record; made, flagged: of its stack
  std::uint32_t mode;           // arrived: st_mode (inode(7)); made, flagged: the first bytes of the module's build-id
  std::uint32_t detail;         // made, given: line of the rule, in its source; arrived: a socket's SO_TYPE
  std::uint64_t offset;         // made, flagged: of the call, in its module
  char text[record_size - 48];  // each with its size before it, in two bytes
};

struct alignas(8) Ring {
  char magic[8];
  std::uint32_t record_size;
  std::uint32_t slot_count;  // a power of two
  std::uint32_t next_ticket;
  std::uint32_t lost;
  std::uint32_t stack_count;  // slots for call stacks (audit/stack.h): a power of two; 0 when none is wanted
  std::uint32_t next_stack;   // ticket
  std::uint32_t lost_stacks;  // had no room
  char unused[::cloexec::audit::record_size - 36];
};

/// The slots lie behind the header.
inline Record* slots_of(Ring* ring) { return reinterpret_cast<Record*>(ring + 1); }

}  // namespace cloexec::audit
