// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/door.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <system_error>

#include "cli/proc_folder.h"

// Linux 6.5; Debian 12's headers are older.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace cloexec::cli {
namespace {

/// The parent of a process: "PID (COMM) STATE PPID ..." (proc(5)); only the last parenthesis ends COMM. Throws when
/// there is no such process.
int parent_of(int pid) {
  const std::string stat = ProcFolder(fmt::format("/proc/{}", pid)).content("stat");
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return 0;
  const std::string_view fields = std::string_view(stat).substr(name_end + 4);
  int parent = 0;
  std::from_chars(fields.data(), fields.data() + fields.size(), parent);
  return parent;
}

/// The parent of a process; 0 when there is no such process.
int known_parent_of(int pid) try { return parent_of(pid); } catch (const std::system_error&) {
  return 0;
}

/// All that the audit has started descends from it, also what has lost its parents: prctl(2), PR_SET_CHILD_SUBREAPER.
/// An ancestor that ends while it is looked at has left its children to another one.
bool descends_from_us(int pid) {
  constexpr int most_looks = 4096;
  int at = pid;
  for (int looks = 0; looks < most_looks; ++looks) {
    const int parent = known_parent_of(at);
    if (parent == getpid()) return true;
    if (parent == 1 || (parent == 0 && at == pid)) return false;
    at = parent == 0 ? pid : parent;
  }
  return false;
}

/// Whether who has connected is still there: its number cannot have become another's meanwhile. Kernels that cannot
/// tell are believed.
bool is_still_there(int connection) {
  int process = -1;
  socklen_t size = sizeof process;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERPIDFD, &process, &size) != 0) return errno == ENOPROTOOPT;
  pollfd ended{process, POLLIN, 0};
  const bool has_ended = poll(&ended, 1, 0) != 0;
  close(process);
  return !has_ended;
}

bool may_have_it(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && descends_from_us(peer.pid) &&
         is_still_there(connection);
}

void hand_over(int connection, int ring) {
  char answer = 1;
  iovec data{&answer, sizeof answer};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof ring)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof ring);
  std::memcpy(CMSG_DATA(header), &ring, sizeof ring);
  sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Door::Door(const Ring& ring) : ring_(ring) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = ring.path();
  if (path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path + 1, path.data(), path.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path.size());
  fd_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return;
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) == 0 && listen(fd_, SOMAXCONN) == 0) return;
  close(fd_);
  fd_ = -1;
}

Door::~Door() {
  if (fd_ >= 0) close(fd_);
}

void Door::serve(std::chrono::milliseconds longest) const {
  // A negative number is passed over: poll(2).
  pollfd asked{fd_, POLLIN, 0};
  if (poll(&asked, 1, static_cast<int>(longest.count())) <= 0) return;
  // Anybody may ask, and many times: the ring is emptied in between.
  constexpr int most = 16;
  for (int answered = 0; answered < most; ++answered) {
    const int connection = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (may_have_it(connection)) hand_over(connection, ring_.fd());
    close(connection);
  }
}

}  // namespace cloexec::cli
