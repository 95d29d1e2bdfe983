// SPDX-License-Identifier: Apache-2.0
//
// What a descriptor is, in the words that all commands use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cloexec::cli {

struct Description {
  std::string object;  // "file", "directory", "device", "socket", "pipe", or what the kernel calls it: "eventpoll"
  std::string target;  // a path, a socket's addresses, a pipe with its other end
};

/// From the link in /proc/PID/fd, and the mode that stat(2) gives for it.
Description describe_link(const std::string& link, std::uint32_t mode);

/// "127.0.0.1:80" or "[::1]:80"; `address` is an in_addr or an in6_addr, the port in this machine's order.
std::string inet_text(int family, const void* address, unsigned port);

/// "tcp 127.0.0.1:80 (listening)", "tcp 127.0.0.1:80 -> 127.0.0.1:4711"; addresses that are not known are empty.
std::string socket_text(std::string_view protocol, std::string_view own, bool is_listening, std::string_view peer);

}  // namespace cloexec::cli
