// SPDX-License-Identifier: Apache-2.0
//
// A message is its size and a value in CBOR (RFC 8949), whose strings may hold any bytes.

#include "cli/audit/sighting.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace cloexec::cli {
namespace {

using Value = nlohmann::json;
using Size = std::uint32_t;

std::string bytes_of(const Value& value) {
  std::string bytes;
  Value::to_cbor(value, bytes);
  return bytes;
}

void write_message(int pipe, const Value& value) {
  const std::string bytes = bytes_of(value);
  const auto size = static_cast<Size>(bytes.size());
  std::string message(reinterpret_cast<const char*>(&size), sizeof size);
  message += bytes;
  for (std::string_view rest = message; !rest.empty();) {
    const ssize_t written = write(pipe, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void write_sighting(int pipe, const Sighting& sighting) {
  const Exec& exec = sighting.exec;
  Value fds = Value::array();
  for (const Crossing& one : exec.fds)
    fds.push_back(bytes_of({one.fd, static_cast<int>(one.what), one.object, one.target, one.rule}));
  write_message(pipe, {{"path", sighting.path},
                       {"weakened", sighting.is_weakened},
                       {"pid", exec.pid},
                       {"ppid", exec.ppid},
                       {"program", exec.program},
                       {"argv", exec.argv},
                       {"obstacle", exec.obstacle},
                       {"watched", exec.is_watched},
                       {"time", exec.time},
                       {"older", sighting.older},
                       {"fds", std::move(fds)}});
}

void write_left(int pipe, int process, const std::vector<int>& fds) {
  write_message(pipe, {{"process", process}, {"left", fds}});
}

void write_refusal(int pipe, std::string_view why) { write_message(pipe, {{"refused", std::string(why)}}); }

Sightings::Sightings() {
  if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error(fmt::format("no pipe: {}", std::strerror(errno)));
  fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  // Who writes holds up the programs that it watches (pipe(7), /proc/sys/fs/pipe-max-size).
  constexpr int room = 1 << 20;
  fcntl(ends_[1], F_SETPIPE_SZ, room);
}

Sightings::~Sightings() {
  for (const int end : ends_) close(end);
}

void Sightings::read() {
  std::array<char, 65536> bytes{};
  ssize_t got = 0;
  while ((got = ::read(ends_[0], bytes.data(), bytes.size())) > 0)
    waiting_.append(bytes.data(), static_cast<std::size_t>(got));
  std::string_view rest = waiting_;
  Size size = 0;
  while (rest.size() >= sizeof size) {
    std::memcpy(&size, rest.data(), sizeof size);
    if (rest.size() < sizeof size + size) break;
    take_message(rest.substr(sizeof size, size));
    rest.remove_prefix(sizeof size + size);
  }
  waiting_.erase(0, waiting_.size() - rest.size());
}

std::shared_ptr<const Crossing> Sightings::crossing_from(const std::string& bytes) {
  const auto [place, is_new] = known_.try_emplace(bytes);
  if (is_new) {
    const Value value = Value::from_cbor(bytes);
    Crossing crossing;
    crossing.fd = value.at(0);
    crossing.what = classes.at(value.at(1).get<std::size_t>());
    crossing.object = value.at(2);
    crossing.target = value.at(3);
    crossing.rule = value.at(4);
    place->second = std::make_shared<const Crossing>(std::move(crossing));
  }
  return place->second;
}

void Sightings::take_message(std::string_view message) {
  const Value value = Value::from_cbor(message);
  if (value.contains("refused")) {
    refusal_ = value["refused"];
  } else if (value.contains("left")) {
    const int process = value.at("process");
    const auto last =
        std::find_if(taken_.rbegin(), taken_.rend(), [=](const Sighting& one) { return one.exec.pid == process; });
    if (last == taken_.rend()) return;
    const std::vector<int> left = value["left"];
    SharedList<Crossing>& fds = last->exec.fds;
    for (std::size_t i = 0; i < fds.size(); ++i)
      if (std::find(left.begin(), left.end(), fds[i].fd) != left.end()) {
        Crossing crossing = fds[i];
        crossing.what = Class::leak;
        fds.replace(i, std::move(crossing));
      }
  } else {
    Sighting sighting;
    sighting.path = value.at("path");
    sighting.is_weakened = value.at("weakened");
    sighting.older = value.at("older").get<std::vector<int>>();
    Exec& exec = sighting.exec;
    exec.has_shim = false;
    exec.is_watched = value.at("watched");
    exec.pid = value.at("pid");
    exec.ppid = value.at("ppid");
    exec.program = value.at("program");
    exec.argv = value.at("argv").get<std::vector<std::string>>();
    if (!exec.argv.empty()) exec.argv0 = exec.argv[0];
    exec.obstacle = value.at("obstacle");
    exec.time = value.at("time");
    for (const Value& one : value.at("fds")) exec.fds.push_back(crossing_from(one));
    taken_.push_back(std::move(sighting));
  }
}

}  // namespace cloexec::cli
