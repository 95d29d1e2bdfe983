// SPDX-License-Identifier: Apache-2.0
//
// The descriptor of a stream, in few instructions.
#pragma once

#include "shim/next.h"

namespace [[gnu::visibility("hidden")]] cloexec {

/// Whether streams are known to be glibc's, whose header says where the descriptor is (struct _IO_FILE, the same since
/// 2.0). musl's are its own affair.
extern constinit bool are_streams_known;

void learn_streams();

[[gnu::always_inline]] inline int number_of(FILE* stream) {
  return are_streams_known ? stream->_fileno : next_fileno.get_fast()(stream);
}

}  // namespace cloexec
