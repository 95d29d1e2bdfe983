// SPDX-License-Identifier: Apache-2.0

#include "cli/describe/description.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>

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
  if (link.starts_with("/memfd:")) return {"memfd", link};
  // "pipe:[4711]", "socket:[4712]", "net:[4026531840]".
  if (!link.starts_with('/') && link.find(":[") != std::string::npos) return {link.substr(0, link.find(':')), link};
  return {file_object(mode), link};
}

std::string inet_text(int family, const void* address, unsigned port) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, address, text, sizeof text);
  return family == AF_INET6 ? fmt::format("[{}]:{}", text, port) : fmt::format("{}:{}", text, port);
}

std::string socket_text(std::string_view protocol, std::string_view own, bool is_listening, std::string_view peer) {
  std::string text(protocol);
  if (!own.empty()) text.append(" ").append(own);
  if (is_listening) text += " (listening)";
  if (!peer.empty()) text.append(" -> ").append(peer);
  return text;
}

}  // namespace cloexec::cli
