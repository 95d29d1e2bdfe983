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

#include "policy/call.h"
#include "policy/names.h"

namespace cloexec::cli {
namespace {

template <typename Address>
bool read_address(const std::string& bytes, Address& address) {
  if (bytes.size() < sizeof address) return false;
  std::memcpy(&address, bytes.data(), sizeof address);
  return true;
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
      return unix_address(bytes.substr(std::min(bytes.size(), offsetof(sockaddr_un, sun_path))));
    case AF_INET:
      return read_address(bytes, four) ? internet_address(AF_INET, &four.sin_addr, ntohs(four.sin_port)) : "";
    case AF_INET6:
      return read_address(bytes, six) ? internet_address(AF_INET6, &six.sin6_addr, ntohs(six.sin6_port)) : "";
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

std::string socket_text(const Event& event) {
  const std::string own = event.text(1);
  const std::string peer = event.text(2);
  std::string text = protocol(family_of_address(own), event.detail);
  if (const std::string address = address_text(own); !address.empty()) text += " " + address;
  if (event.has(audit::is_listening)) text += " (listening)";
  if (const std::string address = address_text(peer); !address.empty()) text += " -> " + address;
  return fmt::format("{} {}", text, event.text(0));
}

}  // namespace

Description describe_arrived(const Event& event) {
  if (S_ISSOCK(event.mode)) return {"socket", socket_text(event)};
  return describe_link(event.text(0), event.mode);
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
