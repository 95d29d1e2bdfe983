// SPDX-License-Identifier: Apache-2.0

#include "cli/system/describe.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace cloexec::cli {
namespace {

constexpr int listening = 10;  // TCP_LISTEN (net/tcp_states.h), of Unix sockets too
constexpr int unconnected = 7;

const char* protocol_of(const watch_socket& socket) {
  if (socket.type == SOCK_RAW) return "raw";
  switch (socket.protocol) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return "udp";
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return "icmp";
    case IPPROTO_SCTP:
      return "sctp";
    default:
      return "";
  }
}

std::string inet_socket(const watch_socket& socket) {
  const unsigned peer_port = ntohs(socket.peer_port);
  const bool has_peer = peer_port != 0;
  // One that is neither bound nor connected is in no table.
  if (socket.own_port == 0 && !has_peer && socket.state == unconnected) return {};
  return socket_text(protocol_of(socket), inet_text(socket.family, socket.own, socket.own_port),
                     socket.state == listening && socket.protocol == IPPROTO_TCP,
                     has_peer ? inet_text(socket.family, socket.peer, peer_port) : "");
}

/// As unix_seq_show in the kernel's net/unix/af_unix.c writes it: abstract names begin with '@'.
std::string unix_socket(const watch_socket& socket) {
  std::string name(socket.name, socket.name_size);
  if (!name.empty() && name.front() != '\0')
    name.resize(name.find('\0') == std::string::npos ? name.size() : name.find('\0'));
  std::replace(name.begin(), name.end(), '\0', '@');
  return socket_text("unix", name, socket.state == listening, "");
}

std::string text_of(const watch_socket& socket) {
  switch (socket.family) {
    case AF_INET:
    case AF_INET6:
      return inet_socket(socket);
    case AF_UNIX:
      return unix_socket(socket);
    default:
      return {};
  }
}

}  // namespace

Description describe(const watch::Descriptor& descriptor) {
  Description what = describe_link(descriptor.link, descriptor.mode);
  if (const std::string text = text_of(descriptor.socket); !text.empty())
    what.target = fmt::format("{} {}", text, what.target);
  return what;
}

}  // namespace cloexec::cli
