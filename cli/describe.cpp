// SPDX-License-Identifier: Apache-2.0

#include "cli/describe.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

namespace cloexec::cli {
namespace {

std::string file_object(std::uint32_t mode) {
  if (S_ISDIR(mode)) return "directory";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "device";
  if (S_ISFIFO(mode)) return "pipe";
  if (S_ISSOCK(mode)) return "socket";
  return "file";
}

}  // namespace

Description describe_link(const std::string& link, std::uint32_t mode) {
  constexpr std::string_view anonymous = "anon_inode:";
  if (link.starts_with(anonymous)) {
    std::string name = link.substr(anonymous.size());
    std::erase_if(name, [](char c) { return c == '[' || c == ']'; });
    return {name, link};
  }
  return {link.starts_with("/memfd:") ? "memfd" : file_object(mode), link};
}

std::string internet_address(int family, const void* address, unsigned port) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, address, text, sizeof text);
  const bool has_colons = family == AF_INET6;
  return fmt::format("{}{}{}:{}", has_colons ? "[" : "", text, has_colons ? "]" : "", port);
}

std::string unix_address(std::string name) {
  if (!name.empty() && name[0] == '\0')
    name[0] = '@';
  else
    name.resize(std::min(name.find('\0'), name.size()));
  return name;
}

}  // namespace cloexec::cli
