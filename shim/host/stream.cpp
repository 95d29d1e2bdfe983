// SPDX-License-Identifier: Apache-2.0

#include "shim/host/stream.h"

#include <cerrno>

namespace cloexec {

constinit bool are_streams_known = false;

void learn_streams() {
  if (!are_streams_known) are_streams_known = !next_gnu_get_libc_version.is_absent();
}

int descriptor_of(FILE* stream) {
  if (stream == nullptr) return -1;
  const int error_before = errno;
  const int fd = next_fileno(stream);
  errno = error_before;
  return fd;
}

}  // namespace cloexec
