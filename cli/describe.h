// SPDX-License-Identifier: Apache-2.0
//
// What an open file is, from what the kernel calls it.
#pragma once

#include <cstdint>
#include <string>

namespace cloexec::cli {

struct Description {
  std::string object;  // "file", "directory", "device", "socket", "pipe", "memfd", or the kernel's word: "eventpoll"
  std::string target;  // a path, addresses, or the kernel's name
};

/// Of the link in /proc/PID/fd and st_mode (proc(5), inode(7)).
Description describe_link(const std::string& link, std::uint32_t mode);

/// "127.0.0.1:80" and "[::1]:80". `address` is of family AF_INET or AF_INET6 and of as many bytes; `port` as people
/// write it.
std::string internet_address(int family, const void* address, unsigned port);

/// Of sun_path (unix(7)); an abstract name begins with "@".
std::string unix_address(std::string name);

}  // namespace cloexec::cli
