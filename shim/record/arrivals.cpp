// SPDX-License-Identifier: Apache-2.0
//
// What a program got from the one that started it: the truth of what crossed an exec.

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <charconv>

#include "shim/decide/settings.h"
#include "shim/host/descriptor.h"
#include "shim/host/object.h"
#include "shim/host/program.h"
#include "shim/host/thread_name.h"
#include "shim/process/forced.h"
#include "shim/record/recorder.h"
#include "shim/record/stack/bounds.h"

namespace cloexec {
namespace {

using audit::ArrivedText;
using audit::Event;
using audit::StartText;

template <typename Type>
long address_of(Type& object) {
  return reinterpret_cast<long>(&object);
}

/// A socket's own address, or its peer's, as the kernel has it.
void add_address(const Entry& entry, ArrivedText place, int fd, long which) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  if (raw_syscall(which, fd, address_of(address), address_of(size)) != 0) size = 0;
  entry.add(place, {reinterpret_cast<const char*>(&address), size < sizeof address ? size : sizeof address});
}

int socket_option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  raw_syscall(__NR_getsockopt, fd, SOL_SOCKET, option, address_of(value), address_of(size));
  return value;
}

void record_found(Event event, int fd) {
  Machine::Status status{};
  raw_syscall(fstat_number, fd, address_of(status));
  const long access = raw_syscall(fcntl_number, fd, F_GETFL);
  unsigned flags = audit::is_inheritable;
  if ((access & O_ACCMODE) != O_WRONLY) flags |= audit::can_read;
  if ((access & O_ACCMODE) != O_RDONLY) flags |= audit::can_write;
  char target[256];
  const std::string_view object = object_of(fd, target);
  const Entry entry(event, fd, flags);
  if (!entry) return;
  entry->mode = status.st_mode;
  if (S_ISSOCK(status.st_mode)) {
    entry->detail = static_cast<std::uint32_t>(socket_option(fd, SO_TYPE));
    if (socket_option(fd, SO_ACCEPTCONN) != 0) entry->flags |= audit::is_listening;
  }
  entry.add(ArrivedText::link, object);
  if (!S_ISSOCK(status.st_mode)) return;
  add_address(entry, ArrivedText::own_address, fd, __NR_getsockname);
  add_address(entry, ArrivedText::peer_address, fd, __NR_getpeername);
}

void record_arrived(int fd) {
  note_arrived(static_cast<unsigned>(fd));
  record_found(Event::arrived, fd);
}

/// Calls visit(fd) for what is open above 2, but for `directory`, which is closed.
void each_open(long directory, void (*visit)(int)) {
  alignas(dirent64) char entries[1024] = {};
  long size;
  while ((size = raw_syscall(__NR_getdents64, directory, address_of(entries), sizeof entries)) > 0)
    for (long at = 0; at < size;) {
      const void* const place = entries + at;
      const auto* const entry = static_cast<const dirent64*>(place);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      int fd = 0;
      const auto parsed = std::from_chars(name.data(), name.data() + name.size(), fd);
      if (parsed.ec == std::errc() && fd > 2 && fd != directory) visit(fd);
    }
  raw_syscall(__NR_close, directory);
}

}  // namespace

void record_start(char* const* environment) {
  note_heap();
  note_first_stack(environment);
  ProgramNames names(first_argument(environment));
  const auto program = names.get();
  const long list =
      raw_syscall(__NR_openat, AT_FDCWD, reinterpret_cast<long>("/proc/self/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  {
    const Entry entry(Event::start, -1, list < 0 ? audit::is_blind : 0U);
    if (entry) entry->other = static_cast<int>(raw_syscall(__NR_getppid));
    entry.add(StartText::executable, program[0]);
    entry.add(StartText::argv0, program[2]);
    entry.add(StartText::thread, ThreadName().text());
  }
  if (list >= 0) each_open(list, record_arrived);
}

void record_kept() {
  if (!is_enforcing()) return;
  const auto end = static_cast<int>(forced_end);
  for (int fd = next_forced(0); fd < end; fd = next_forced(fd + 1)) record_found(Event::kept, fd);
}

}  // namespace cloexec
