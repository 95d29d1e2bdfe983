// SPDX-License-Identifier: Apache-2.0
//
// The audit's ring for a program that may not open it: one that runs as another user than the audit, or in a root
// directory of its own. It asks, and the audit decides (cli/audit/door.h). Once, as the program starts.
#pragma once

namespace [[gnu::visibility("hidden")]] cloexec {

/// Asks at the abstract address that is called as the ring is (unix(7)). A descriptor of the ring, close-on-exec;
/// negative when there is nobody, or nobody to be trusted. Waits a second at most.
int ask_for_ring(const char* path);

/// Whether a ring of that user's may be written to: what is in it tells him what this process does. Root's, and one's
/// own user's.
bool is_trusted(unsigned user);

}  // namespace cloexec
