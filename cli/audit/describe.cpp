// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/describe.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "catalogue/call.h"
#include "catalogue/names.h"

namespace cloexec::cli {
namespace {

template <typename Address>
bool read_address(const std::string& bytes, Address& address) {
  if (bytes.size() < sizeof address) return false;
  std::memcpy(&address, bytes.data(), sizeof address);
  return true;
}

std::string unix_name(const std::string& bytes) {
  std::string name = bytes.substr(std::min(bytes.size(), offsetof(sockaddr_un, sun_path)));
  // unix(7): an abstract name begins with a NUL, any other ends at one.
  if (!name.empty() && name[0] == '\0')
    name[0] = '@';
  else
    name.resize(std::min(name.find('\0'), name.size()));
  return name;
}

int family_of_address(const std::string& bytes) {
  sa_family_t family = AF_UNSPEC;
  if (bytes.size() >= sizeof family) std::memcpy(&family, bytes.data(), sizeof family);
  return family;
}

std::string address_text(const std::string& bytes) {
  sockaddr_in four{};
  sockaddr_in6 six{};
  switch (family_of_address(bytes)) {
    case AF_UNIX:
      return unix_name(bytes);
    case AF_INET:
      if (!read_address(bytes, four)) return {};
      return inet_text(AF_INET, &four.sin_addr, ntohs(four.sin_port));
    case AF_INET6:
      if (!read_address(bytes, six)) return {};
      return inet_text(AF_INET6, &six.sin6_addr, ntohs(six.sin6_port));
    default:
      return {};
  }
}

std::string protocol(int family, unsigned type) {
  const bool is_internet = family == AF_INET || family == AF_INET6;
  if (is_internet) return type == SOCK_STREAM ? "tcp" : type == SOCK_DGRAM ? "udp" : "raw";
  if (family == AF_UNIX) return "unix";
  if (family == AF_NETLINK) return "netlink";
  if (family == AF_PACKET) return "packet";
  return fmt::format("family {}", family);
}

std::string socket_target(const Event& event) {
  const std::string own = event.text(audit::ArrivedText::own_address);
  const std::string peer = event.text(audit::ArrivedText::peer_address);
  const std::string text = socket_text(protocol(family_of_address(own), event.detail), address_text(own),
                                       event.has(audit::is_listening), address_text(peer));
  return fmt::format("{} {}", text, event.text(audit::ArrivedText::link));
}

}  // namespace

Description describe_arrived(const Event& event) {
  if (S_ISSOCK(event.mode)) return {"socket", socket_target(event)};
  return describe_link(event.text(audit::ArrivedText::link), event.mode);
}

Description describe_made(const std::string& call, const std::string& path) {
  const int place = place_of(call_names, call);
  if (place < 0) return {"", path};
  switch (family_of(static_cast<Call>(place))) {
    case Family::open:
    case Family::stdio:
    case Family::temp:
      return {"file", path};
    case Family::pipe:
      return {"pipe", path};
    case Family::socket:
    case Family::accept:
      return {"socket", path};
    case Family::event:
      return {call, path};
    default:
      return {"", path};
  }
}

}  // namespace cloexec::cli
