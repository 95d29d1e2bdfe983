// SPDX-License-Identifier: Apache-2.0
//
// The descriptor of a stream.
#pragma once

#include "shim/host/next.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether streams are known to be glibc's, whose header says where the descriptor is (struct _IO_FILE, the same since
/// 2.0). musl's are its own affair. False before learn_streams().
extern constinit bool are_streams_known;

/// Finds out whose streams there are, by a function that only glibc has. errno, and where it may be called: as
/// find_next().
void learn_streams();

/// The descriptor of a stream (fileno(3)); -1 for null and for a stream that has none. errno unchanged. May be called
/// where fileno may: it is not async-signal-safe by the standard, glibc's only reads, musl's waits for the stream's
/// lock.
int descriptor_of(FILE* stream);

/// The descriptor of a stream that has one, in few instructions. errno unchanged; may be called where descriptor_of()
/// may.
[[gnu::always_inline]] inline int number_of(FILE* stream) {
  return are_streams_known ? stream->_fileno : next_fileno.get_fast()(stream);
}

}  // namespace cloexec
