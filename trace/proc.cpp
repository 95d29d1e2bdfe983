// SPDX-License-Identifier: Apache-2.0

#include "trace/proc.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace cloexec::trace {
namespace {

std::string path_of(pid_t task, const std::string& name) { return "/proc/" + std::to_string(task) + "/" + name; }

/// Whether there was more.
bool append_from(int fd, std::string& text) {
  std::array<char, 8192> block;
  const ssize_t got = read(fd, block.data(), block.size());
  if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

int open_in_proc(pid_t task, const std::string& name, int flags) {
  return open(path_of(task, name).c_str(), O_RDONLY | O_CLOEXEC | flags);
}

std::string read_in_proc(pid_t task, const std::string& name) {
  std::string text;
  const int fd = open_in_proc(task, name);
  if (fd < 0) return text;
  while (append_from(fd, text)) continue;
  close(fd);
  return text;
}

std::string beginning_in_proc(pid_t task, const std::string& name) {
  std::string text;
  const int fd = open_in_proc(task, name);
  if (fd < 0) return text;
  append_from(fd, text);
  close(fd);
  return text;
}

std::string link_in_proc(pid_t task, const std::string& name) {
  std::array<char, 4096> target;
  const ssize_t size = readlink(path_of(task, name).c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

pid_t number_in_status(pid_t task, const std::string& name) {
  const std::string status = read_in_proc(task, "status");
  const std::string key = "\n" + name + ":\t";
  const std::size_t at = status.find(key);
  pid_t number = 0;
  if (at != std::string::npos) std::from_chars(status.data() + at + key.size(), status.data() + status.size(), number);
  return number;
}

bool is_alive(pid_t task) {
  // "PID (COMM) STATE ...": only the last parenthesis ends COMM (proc(5)).
  const std::string stat = beginning_in_proc(task, "stat");
  const std::size_t end = stat.rfind(") ");
  return end != std::string::npos && stat[end + 2] != 'Z' && stat[end + 2] != 'X';
}

pid_t living_task(pid_t process, pid_t preferred) {
  const auto lives = [=](pid_t task) { return tgkill(process, task, 0) == 0 && is_alive(task); };
  if (lives(preferred)) return preferred;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_of(process, "task"), error), end; !error && entry != end;
       entry.increment(error)) {
    const pid_t task = std::atoi(entry->path().filename().c_str());
    if (lives(task)) return task;
  }
  return 0;
}

}  // namespace cloexec::trace
