// SPDX-License-Identifier: Apache-2.0
//
// A number that was forced, closed, and taken by somebody who marks without libc. Whether the shim's word about the
// number outlives the descriptor, the started program shows, which without the shim can never get it.
//
//   stale CLOSER WAY [told]          closers.h; starts.h
//   stale CLOSER in-WAY [told]       the same, but closed, taken and exec'd in a child of that way, fork or vfork; then
//                                    its parent, which has its descriptor still, tells a program of its own

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "closers.h"
#include "raw.h"
#include "starts.h"

namespace {

/// False: it is not where it should be.
bool has_replaced(const Closer& closer, int fd) {
  closer.close(fd);
  if (closer.reopen == nullptr) return true;
  raw_close(fd);  // what was put onto it
  return closer.reopen() == fd;
}

[[noreturn]] void replace_in_child(const Closer& closer, int fd, const std::vector<int>& told) {
  if (!has_replaced(closer, fd)) _exit(3);
  start_lister("exec", told);
  _exit(4);
}

int in_child(const Closer& closer, bool is_fork, int fd, const std::vector<int>& told) {
  const pid_t child = is_fork ? fork() : vfork();
  if (child == 0) replace_in_child(closer, fd, told);
  if (wait_for(child) != 0) return 5;
  return start_lister("fork", {fd}) ? 0 : 6;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  const Closer* const closer = find_closer(arguments[1]);
  if (closer == nullptr) return 2;
  const std::string way = arguments[2];
  const int fd = closer->force();
  if (fd < 3) return 3;
  std::vector<int> told;
  if (count > 3) told.push_back(fd);
  if (way.starts_with("in-")) return in_child(*closer, way == "in-fork", fd, told);
  if (!has_replaced(*closer, fd)) return 3;
  return start_lister(way, told) ? 0 : 1;
}
