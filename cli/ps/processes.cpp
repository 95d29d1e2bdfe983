// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/describe.h"
#include "cli/find_shim.h"
#include "cli/ps/sockets.h"

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::vector<int> numbers_in(const std::string& directory, std::error_code& error) {
  std::vector<int> numbers;
  for (auto entry = fs::directory_iterator(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    int number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// The file's flags, close-on-exec among them (proc(5), /proc/PID/fdinfo); -1 when it has been closed meanwhile.
long flags_of(const std::string& process, int fd) {
  std::ifstream info(fmt::format("{}fdinfo/{}", process, fd));
  for (std::string name, value; info >> name >> value;)
    if (name == "flags:") return std::strtol(value.c_str(), nullptr, 8);
  return -1;
}

bool has_shim(const std::string& process) {
  std::ifstream maps(process + "maps");
  const std::string ending = fmt::format("/{}", shim_name);
  for (std::string line; std::getline(maps, line);)
    if (line.ends_with(ending) || line.ends_with(ending + " (deleted)")) return true;
  return false;
}

/// Who has which end of a pipe open.
class Pipes {
 public:
  /// "pipe:[5], write end; read by sh[12] fd 3"
  std::string describe(const std::string& link, int pid, bool writes) {
    if (!are_read_) read();
    std::string others;
    for (const End& end : ends_[link])
      if (end.writes != writes && end.pid != pid)
        others += fmt::format("{}{}[{}] fd {}", others.empty() ? "" : ", ", end.comm, end.pid, end.fd);
    return fmt::format("{} {} end; {} {}", link, writes ? "write" : "read", writes ? "read by" : "written by",
                       others.empty() ? "nobody else" : others);
  }

 private:
  struct End {
    int pid;
    int fd;
    std::string comm;
    bool writes;
  };

  void read() {
    are_read_ = true;
    std::error_code error;
    for (const int pid : numbers_in("/proc", error)) {
      const std::string process = fmt::format("/proc/{}/", pid);
      const std::string comm = first_line(process + "comm");
      std::error_code unreadable;
      for (const int fd : numbers_in(process + "fd", unreadable)) {
        const std::string link = fs::read_symlink(fmt::format("{}fd/{}", process, fd), error).string();
        if (link.starts_with("pipe:"))
          ends_[link].push_back({pid, fd, comm, (flags_of(process, fd) & O_ACCMODE) != O_RDONLY});
      }
    }
  }

  bool are_read_ = false;
  std::map<std::string, std::vector<End>> ends_;
};

class Reader {
 public:
  /// Sets `error` when the process is gone, or may not be read.
  Process read(int pid, std::error_code& error) {
    const std::string process = fmt::format("/proc/{}/", pid);
    Process result{pid, first_line(process + "comm"), fs::read_symlink(process + "exe", error).string(), false, {}};
    if (error) return result;
    result.has_shim = has_shim(process);
    for (const int fd : numbers_in(process + "fd", error)) {
      if (fd <= 2) continue;
      const long flags = flags_of(process, fd);
      if (flags < 0 || (flags & O_CLOEXEC) != 0) continue;
      const Description what = describe(pid, fmt::format("{}fd/{}", process, fd), (flags & O_ACCMODE) != O_RDONLY);
      result.fds.push_back({fd, what.object, what.target});
    }
    return result;
  }

 private:
  Description describe(int pid, const std::string& path, bool writes) {
    std::error_code error;
    const std::string link = fs::read_symlink(path, error).string();
    struct stat status {};
    stat(path.c_str(), &status);
    Description what = describe_link(link, status.st_mode);
    if (link.starts_with("socket:")) what.target = sockets_.describe(pid, link);
    if (link.starts_with("pipe:")) what.target = pipes_.describe(link, pid, writes);
    return what;
  }

  Sockets sockets_;
  Pipes pipes_;
};

}  // namespace

Processes read_processes(const std::vector<int>& pids) {
  Processes processes;
  Reader reader;
  std::error_code error;
  for (const int pid : pids.empty() ? numbers_in("/proc", error) : pids) {
    std::error_code trouble;
    Process process = reader.read(pid, trouble);
    if (!trouble)
      processes.found.push_back(std::move(process));
    else if (fs::exists(fmt::format("/proc/{}", pid), error))
      processes.unreadable.push_back({pid, trouble.message(), "only root may read what others run"});
    else
      processes.unreadable.push_back({pid, "no such process", {}});
  }
  return processes;
}

}  // namespace cloexec::cli
