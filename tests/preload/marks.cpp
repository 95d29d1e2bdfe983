// SPDX-License-Identifier: Apache-2.0

#include "marks.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

// glibc 2.36 forgot to say so.
extern "C" {
#include <sys/pidfd.h>
}

namespace {

int number_of(DIR* directory) { return directory != nullptr ? dirfd(directory) : -1; }

int by_number(auto... words) { return static_cast<int>(syscall(words...)); }

/// The name goes at once, whether or not it was made.
int unnamed(int fd, auto unlink, const std::string& name) {
  const int error = errno;
  unlink(name.c_str());
  errno = error;
  return fd;
}

pid_t process(int number) { return number != 0 ? number : getpid(); }

int make_map() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = attributes.value_size = 4;
  attributes.max_entries = 1;
  return by_number(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

int make_ruleset() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE;
  return by_number(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
}

int make_ring() {
  io_uring_params parameters{};
  return by_number(SYS_io_uring_setup, 1, &parameters);
}

/// A filter that allows all, and who is told of what it asks about.
int make_listener() {
  sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  const sock_fprog program = {1, &allow};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return by_number(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

}  // namespace

int make_marked(const std::string& how, int number) {
  const std::string name = "/cloexec-probe-" + std::to_string(getpid());
  if (how == "fdopendir") return number_of(fdopendir(number));
  if (how == "shm_open") return unnamed(shm_open(name.c_str(), O_CREAT | O_RDWR, 0600), shm_unlink, name);
  if (how == "mq_open") return unnamed(mq_open(name.c_str(), O_CREAT | O_RDWR, 0600, nullptr), mq_unlink, name);
  if (how == "getpwent") return getpwent() != nullptr ? number : -1;  // which keeps a file open, unseen
  if (how == "pidfd") return pidfd_open(process(number), 0);
  if (how == "pidfd-by-number") return by_number(SYS_pidfd_open, process(number), 0);
  if (how == "pidfd_getfd-by-number") return by_number(SYS_pidfd_getfd, number, 1, 0);
  if (how == "bpf-by-number") return make_map();
  if (how == "landlock-by-number") return make_ruleset();
  if (how == "io_uring-by-number") return make_ring();
  if (how == "seccomp-by-number") return make_listener();
  return -2;
}
