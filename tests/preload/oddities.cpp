// SPDX-License-Identifier: Apache-2.0

#include "oddities.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tests/support/filter.h"

namespace {

int number_of(FILE* stream) { return stream != nullptr ? fileno(stream) : -1; }

/// As a program would that was built for a later kernel, or has made a mistake.
int opened_with(const std::string& path, bool is_null, std::size_t size) {
  alignas(struct open_how) char how[512] = {};
  reinterpret_cast<struct open_how*>(how)->flags = O_PATH;
  return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path.c_str(), is_null ? nullptr : how, size));
}

/// The descriptor that read(2) delivers with an event, whose flags were asked for at the beginning.
int delivered(bool is_by_number) {
  const int events = static_cast<int>(is_by_number ? syscall(SYS_fanotify_init, FAN_CLASS_NOTIF, O_RDONLY)
                                                   : fanotify_init(FAN_CLASS_NOTIF, O_RDONLY));
  if (events < 0 || fanotify_mark(events, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "/etc/passwd") != 0) return -1;
  if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0) abort();
  fanotify_event_metadata event{};
  if (read(events, &event, sizeof event) < static_cast<ssize_t>(sizeof event)) abort();
  return event.fd;
}

int reserved_port() {
  int port = 1023;
  return rresvport(&port);
}

bool set_limit(const std::string& files) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = static_cast<rlim_t>(std::atoi(files.c_str()));
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// As it stands: putenv(3) would take an entry without "=" for a name to be removed.
bool add_entry(const std::string& entry) {
  static std::vector<char*> entries;
  for (char** each = environ; *each != nullptr; ++each) entries.push_back(*each);
  char* const kept = strdup(entry.c_str());  // by the environment
  entries.push_back(kept);
  entries.push_back(nullptr);
  environ = entries.data();
  return kept != nullptr;
}

}  // namespace

int make_oddly(const std::string& how, const std::string& path, int number) {
  if (how == "tmpfile") return number_of(tmpfile());
  if (how == "freopen-cloexec") return number_of(freopen(path.c_str(), "r", fopen("/dev/zero", "re")));
  if (how == "freopen-asking") return number_of(freopen(path.c_str(), "re", fopen("/dev/zero", "r")));
  if (how == "openat2-null") return opened_with(path, true, sizeof(struct open_how));
  if (how == "openat2-short") return opened_with(path, false, 8);
  if (how == "openat2-long") return opened_with(path, false, 512);
  if (how == "fanotify" || how == "fanotify-by-number") return delivered(how != "fanotify");
  if (how == "rresvport") return reserved_port();
  if (how == "dup-cloexec") return fcntl(number, F_DUPFD_CLOEXEC, 3);
  if (how == "failed-mark") return fcntl(number, F_SETFD, FD_CLOEXEC);
  if (how == "failed-mark-by-ioctl") return ioctl(number, FIOCLEX);
  if (how == "failed-clear-by-ioctl") return ioctl(number, FIONCLEX);
  return -2;
}

bool do_oddly(const std::string& what, const std::string& about) {
  if (what == "deny") return deny_calls("ENOSYS", about.c_str()) == 0;
  if (what == "limit") return set_limit(about);
  return what == "entry" && add_entry(about);
}
