// SPDX-License-Identifier: Apache-2.0
//
// The container of a process, as its control group tells it.
#pragma once

#include <string>
#include <string_view>

namespace cloexec::cli {

/// From the path of a control group: what Docker, Podman, containerd, CRI-O, LXC and systemd-nspawn call it; of an
/// identifier in hexadecimal digits the first twelve, as they are shown elsewhere. Empty when it is in none.
std::string container_in(std::string_view group);

}  // namespace cloexec::cli
