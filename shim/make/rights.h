// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that SCM_RIGHTS messages carry (unix(7)): recvmsg(2) and recvmmsg(2) make them only by the way.
#pragma once

#include "shim/make/attempt.h"

namespace [[gnu::visibility("hidden")]] cloexec {

constexpr bool brings_rights(Outcome outcome) { return outcome == Outcome::rights || outcome == Outcome::many_rights; }

/// Whether any message has room for control messages. Without it no descriptor can arrive, and some address families
/// refuse the flag.
bool has_room_for_rights(const Attempt& attempt);

/// Calls visit(site, fd) for every descriptor that came with a call of that result.
void each_right(const Attempt& attempt, Word result, void (*visit)(const Site&, int));

/// The kernel reports MSG_CMSG_CLOEXEC, which the atomic form asks for, back in msg_flags, which programs compare with
/// what they know: takes it out.
void hide_flag(const Attempt& attempt, Word result);

/// Whether the socket is of a family that refuses the flag: see Retry::if_family_refuses. errno unchanged.
bool does_family_refuse(const Attempt& attempt);

}  // namespace cloexec
