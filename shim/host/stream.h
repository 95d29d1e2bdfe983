// SPDX-License-Identifier: Apache-2.0
//
// The descriptor of a stream.
#pragma once

#include "shim/host/next.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether streams are known to be glibc's, whose header says where the descriptor is (struct _IO_FILE, the same since
/// 2.0). musl's are its own affair.
extern constinit bool are_streams_known;

/// Finds that out. errno unchanged.
void learn_streams();

/// fileno(3) without a stray errno; -1 for null and for a stream that has none.
int descriptor_of(FILE* stream);

/// The same of a stream that has one, in few instructions.
[[gnu::always_inline]] inline int number_of(FILE* stream) {
  return are_streams_known ? stream->_fileno : next_fileno.get_fast()(stream);
}

}  // namespace cloexec
