// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/sockets.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "cli/describe.h"

namespace cloexec::cli {
namespace {

using Table = std::map<std::string, std::string>;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream words(line);
  return {std::istream_iterator<std::string>(words), {}};
}

template <typename Number>
Number number_in(std::string_view text, int base) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

/// "0100007F:1F90": words of 32 bits in the machine's order, and the port.
std::string internet_text(int family, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return {};
  std::uint32_t address[4] = {};
  for (std::size_t word = 0; word < 4 && (word + 1) * 8 <= colon; ++word)
    address[word] = number_in<std::uint32_t>(std::string_view(text).substr(word * 8, 8), 16);
  return internet_address(family, address, number_in<unsigned>(std::string_view(text).substr(colon + 1), 16));
}

void read_internet(const std::string& path, const std::string& protocol, int family, Table& table) {
  constexpr const char* listening = "0A";
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 10) continue;
    std::string text = fmt::format("{} {}", protocol, internet_text(family, words[1]));
    if (const std::string peer = internet_text(family, words[2]); !peer.ends_with(":0"))
      text += fmt::format(" -> {}", peer);
    if (protocol == "tcp" && words[3] == listening) text += " (listening)";
    table[words[9]] = std::move(text);
  }
}

void read_unix(const std::string& path, Table& table) {
  constexpr const char* accepting = "00010000";
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 7) continue;
    std::string text = "unix";
    if (words.size() > 7)
      text = fmt::format("unix {}", line.substr(line.find(words[7], line.find(words[6]) + words[6].size())));
    if (words[3] == accepting) text += " (listening)";
    table[words[6]] = std::move(text);
  }
}

Table read_tables(const std::string& net) {
  Table table;
  for (const char* protocol : {"tcp", "udp", "raw"}) {
    read_internet(fmt::format("{}{}", net, protocol), protocol, AF_INET, table);
    read_internet(fmt::format("{}{}6", net, protocol), protocol, AF_INET6, table);
  }
  read_unix(fmt::format("{}unix", net), table);
  return table;
}

}  // namespace

std::string Sockets::describe(int pid, const std::string& link) {
  const std::string process = fmt::format("/proc/{}/", pid);
  std::error_code error;
  const std::string space = std::filesystem::read_symlink(process + "ns/net", error).string();
  auto found = by_namespace_.find(space);
  if (found == by_namespace_.end()) found = by_namespace_.emplace(space, read_tables(process + "net/")).first;
  // "socket:[123]"
  const std::size_t begin = link.find('[') + 1;
  const auto socket = found->second.find(link.substr(begin, link.size() - begin - 1));
  return socket == found->second.end() ? link : fmt::format("{} {}", socket->second, link);
}

}  // namespace cloexec::cli
