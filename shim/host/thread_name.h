// SPDX-License-Identifier: Apache-2.0
//
// What this thread is called: prctl(2), PR_GET_NAME. A process's first thread is called as its program's file.
#pragma once

#include <sys/prctl.h>

#include <string_view>

#include "shim/host/raw_syscall.h"

namespace [[gnu::visibility("hidden")]] cloexec {

class ThreadName {
 public:
  ThreadName() { raw_syscall(__NR_prctl, PR_GET_NAME, reinterpret_cast<long>(name_)); }

  std::string_view text() const { return name_; }

 private:
  char name_[17] = {};  // of 15 bytes at most
};

}  // namespace cloexec
