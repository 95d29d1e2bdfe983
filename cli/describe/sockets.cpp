// SPDX-License-Identifier: Apache-2.0

#include "cli/describe/sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include "cli/describe/description.h"

namespace cloexec::cli {
namespace {

template <typename Number>
std::optional<Number> number_in(std::string_view text, int base) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc{} || stopped != end) return {};
  return number;
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// The next word of `text`, which loses it; empty at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

template <std::size_t count>
std::array<std::string_view, count> take_words(std::string_view& text) {
  std::array<std::string_view, count> words;
  for (std::string_view& word : words) word = take_word(text);
  return words;
}

/// "0100007F:0050": 32 bits at a time as this machine reads them, then the port (get_tcp4_sock, net/ipv4/tcp_ipv4.c).
std::string inet_text_from(std::string_view text, int family) {
  std::array<std::uint32_t, 4> address{};
  const std::size_t count = family == AF_INET6 ? 4 : 1;
  constexpr std::size_t digits = 8;
  if (text.size() <= count * digits || text[count * digits] != ':') return {};
  for (std::size_t i = 0; i < count; ++i) {
    const auto part = number_in<std::uint32_t>(text.substr(i * digits, digits), 16);
    if (!part) return {};
    address[i] = *part;
  }
  const auto port = number_in<unsigned>(text.substr(count * digits + 1), 16);
  return port ? inet_text(family, address.data(), *port) : std::string{};
}

}  // namespace

void Sockets::add(const ProcFolder& net) {
  struct Table {
    const char* name;
    std::string_view protocol;
    int family;
  };
  constexpr Table tables[] = {{"tcp", "tcp", AF_INET},    {"tcp6", "tcp", AF_INET6},   {"udp", "udp", AF_INET},
                              {"udp6", "udp", AF_INET6},  {"udplite", "udp", AF_INET}, {"udplite6", "udp", AF_INET6},
                              {"raw", "raw", AF_INET},    {"raw6", "raw", AF_INET6},   {"icmp", "icmp", AF_INET},
                              {"icmp6", "icmp", AF_INET6}};
  const auto content = [&](const char* name) -> std::string {
    try {
      return net.content(name);
    } catch (const std::system_error&) {  // such as without IPv6
      return {};
    }
  };
  for (const Table& table : tables) add_inet(table.protocol, table.family, content(table.name));
  add_unix(content("unix"));
}

std::string Sockets::find(std::uint64_t inode) const {
  const auto found = texts_.find(inode);
  return found == texts_.end() ? std::string{} : found->second;
}

void Sockets::add_inet(std::string_view protocol, int family, const std::string& table) {
  std::string_view rest = table;
  take_line(rest);  // the headings
  while (!rest.empty()) {
    std::string_view line = take_line(rest);
    const auto [place, own, peer, state, queues, timer, retransmissions, user, timeout, number] = take_words<10>(line);
    const auto inode = number_in<std::uint64_t>(number, 10);
    if (!inode || *inode == 0) continue;  // of no process any more
    const bool has_peer = peer.find_first_not_of("0:") != std::string_view::npos;
    const bool is_listening = state == "0A";  // TCP_LISTEN (net/tcp_states.h)
    texts_.emplace(*inode, socket_text(protocol, inet_text_from(own, family), is_listening,
                                       has_peer ? inet_text_from(peer, family) : ""));
  }
}

/// A name may hold anything, line ends too: what does not look like an entry continues the one before it.
void Sockets::add_unix(const std::string& table) {
  constexpr unsigned accepts = 0x10000;  // __SO_ACCEPTCON (linux/net.h)
  std::string_view rest = table;
  take_line(rest);
  std::string* last = nullptr;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    std::string_view name = line;
    const auto [place, references, protocol, flag_digits, type, state, number] = take_words<7>(name);
    const auto flags = number_in<unsigned>(flag_digits, 16);
    const auto inode = number_in<std::uint64_t>(number, 10);
    if (!place.ends_with(':') || !flags || !inode) {
      if (last != nullptr) last->append("\n").append(line);
      continue;
    }
    // One blank, then the name.
    name.remove_prefix(std::min<std::size_t>(1, name.size()));
    const auto [entry, is_new] = texts_.emplace(*inode, socket_text("unix", name, (*flags & accepts) != 0, ""));
    last = is_new ? &entry->second : nullptr;
  }
}

std::uint64_t socket_inode(std::string_view link) {
  constexpr std::string_view begin = "socket:[";
  if (!link.starts_with(begin) || !link.ends_with(']')) return 0;
  link.remove_prefix(begin.size());
  link.remove_suffix(1);
  return number_in<std::uint64_t>(link, 10).value_or(0);
}

}  // namespace cloexec::cli
