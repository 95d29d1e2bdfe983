// SPDX-License-Identifier: Apache-2.0

#include "watch/obstacle.h"

#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace cloexec::watch {
namespace {

constexpr const char* types_of_kernel = "/sys/kernel/btf/vmlinux";

bool has_capability(unsigned which) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return false;
  return (data[which / 32].effective >> which % 32 & 1) != 0;
}

/// bpf(7): CAP_SYS_ADMIN stands for both.
bool may_load() { return has_capability(CAP_SYS_ADMIN) || (has_capability(CAP_BPF) && has_capability(CAP_PERFMON)); }

/// The kernel numbers processes as the first namespace does, whose own number is fixed (include/linux/proc_ns.h).
bool has_other_numbers() {
  constexpr ino_t first_namespace = 0xEFFFFFFC;
  struct stat status {};
  return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino != first_namespace;
}

bool is_locked_down() {
  std::ifstream file("/sys/kernel/security/lockdown");
  std::string line;
  std::getline(file, line);
  return line.find("[confidentiality]") != std::string::npos;
}

std::string kernel() {
  utsname name{};
  return uname(&name) == 0 ? std::string("Linux ") + name.release : "this kernel";
}

}  // namespace

std::string find_obstacle() {
  if (!may_load()) return "it takes root, or CAP_BPF and CAP_PERFMON, to watch the machine: start it by sudo";
  if (has_other_numbers())
    return "processes have other numbers here than they have for the kernel, which tells of them (pid_namespaces(7)): "
           "watch from the host, or start the container in its PID namespace (--pid=host)";
  if (is_locked_down())
    return "this kernel is locked down (confidentiality), and lets no program look into it: boot with "
           "lockdown=integrity, or use `cloexec audit PROGRAM`";
  if (access(types_of_kernel, R_OK) != 0)
    return std::string("this kernel does not tell where its structures have what (") + types_of_kernel +
           " is not there): it takes one built with CONFIG_DEBUG_INFO_BTF";
  if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, nullptr) == 0)
    return kernel() + " is too old: it takes Linux 5.17 or later";
  return {};
}

std::string explain_failure(std::string_view step, int error) {
  if (error == EPERM) return "the kernel lets nobody use eBPF here (bpf(2)): inside a container, watch from the host";
  return kernel() + " could not " + std::string(step) + " what watches it: " + std::strerror(error);
}

}  // namespace cloexec::watch
