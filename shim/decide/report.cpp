// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/report.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "shim/host/descriptor.h"
#include "shim/host/raw_syscall.h"

namespace cloexec {
namespace {

/// One line, put together without a heap. What does not fit is cut.
class Line {
 public:
  /// What a terminal would obey is not handed on, and what is long is cut.
  void add(std::string_view text) {
    constexpr std::size_t longest = 160;
    const std::size_t end = size_ + (text.size() < longest ? text.size() : longest);
    for (const char c : text)
      if (size_ < end && size_ < sizeof text_ - 1)
        text_[size_++] = static_cast<unsigned char>(c) >= ' ' && c != 0x7f ? c : '?';
  }

  void add(unsigned number) {
    char digits[10];
    unsigned at = sizeof digits;
    do digits[--at] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    add(std::string_view(digits + at, sizeof digits - at));
  }

  /// A file that has become descriptor 2 by chance may be anything: it is not written to but at its end (lseek(2)).
  static bool is_safe() {
    Machine::Status status{};
    if (raw_syscall(fstat_number, 2, reinterpret_cast<long>(&status)) != 0 || S_ISBLK(status.st_mode)) return false;
    if (!S_ISREG(status.st_mode)) return true;
    const long flags = raw_syscall(fcntl_number, 2, F_GETFL);
    return flags >= 0 && ((flags & O_APPEND) != 0 || offset() >= status.st_size);
  }

  static std::int64_t offset() {
#ifdef __NR__llseek
    std::int64_t at = 0;
    return raw_syscall(__NR__llseek, 2, 0, 0, reinterpret_cast<long>(&at), SEEK_CUR) == 0 ? at : -1;
#else
    return raw_syscall(__NR_lseek, 2, 0, SEEK_CUR);
#endif
  }

  /// A pipe that nobody reads would block us, and one that nobody holds would raise SIGPIPE: poll(2) tells both.
  void write_to_standard_error() {
    text_[size_++] = '\n';
    pollfd standard_error{2, POLLOUT, 0};
#ifdef __NR_poll
    raw_syscall(__NR_poll, reinterpret_cast<long>(&standard_error), 1, 0);
#else
    timespec at_once{};
    raw_syscall(__NR_ppoll, reinterpret_cast<long>(&standard_error), 1, reinterpret_cast<long>(&at_once), 0);
#endif
    if (standard_error.revents == POLLOUT && is_safe())
      raw_syscall(__NR_write, standard_error.fd, reinterpret_cast<long>(text_), static_cast<long>(size_));
  }

 private:
  char text_[512];
  std::size_t size_ = 0;
};

}  // namespace

void report(std::string_view source, const Complaint& complaint) {
  Line line;
  line.add("cloexec: ");
  line.add(source);
  line.add(":");
  line.add(complaint.line);
  line.add(":");
  line.add(complaint.column);
  line.add(": ");
  complaint.say([&](std::string_view part) { line.add(part); });
  line.add("; the ");
  line.add(complaint.ignored);
  line.add(" is ignored");
  line.write_to_standard_error();
}

}  // namespace cloexec
