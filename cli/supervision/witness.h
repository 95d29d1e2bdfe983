// SPDX-License-Identifier: Apache-2.0
//
// Tells an audit what a supervisor sees. It lives in the supervisor, and asks while the new program waits.
#pragma once

#include <sys/types.h>

#include <string_view>
#include <vector>

#include "supervise/observer.h"

namespace cloexec::cli {

class Witness final : public supervise::Observer {
 public:
  /// Tells `pipe`, as Sightings reads it. `closes`: what has leaked is closed.
  Witness(int pipe, bool closes) : pipe_(pipe), closes_(closes) {}

  int descriptor() const override { return pipe_; }
  void execed(const supervise::Exec& exec) override;
  void closed(pid_t process, const std::vector<int>& left) override;
  void unseen(pid_t process) override;
  void stepped_aside(pid_t process, std::string_view program) override;

 private:
  int pipe_;
  bool closes_;
};

}  // namespace cloexec::cli
