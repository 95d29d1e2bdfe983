// SPDX-License-Identifier: Apache-2.0
//
// Where what watches a machine could not be built.

#include <stdexcept>

#include "cli/system/system.h"

namespace cloexec::cli {

Report audit_system(const SystemOptions& /*options*/, const Settings& /*settings*/, std::size_t /*room*/) {
  throw std::runtime_error(
      "this cloexec was built without what watches a machine: build it again on x86-64 or aarch64 where clang, bpftool "
      "and libbpf are (on Debian: apt install clang bpftool libbpf-dev)");
}

}  // namespace cloexec::cli
