// SPDX-License-Identifier: Apache-2.0

#include "shim/host/headers.h"

#include <sys/auxv.h>

#include <cerrno>
#include <cstdint>

namespace cloexec {
namespace {

std::uintptr_t address_of(const link_map& object) { return reinterpret_cast<std::uintptr_t>(object.l_ld); }

std::span<const ElfW(Phdr)> headers_behind(std::uintptr_t file) {
  const auto* const header = reinterpret_cast<const ElfW(Ehdr)*>(file);
  return {reinterpret_cast<const ElfW(Phdr)*>(file + header->e_phoff), header->e_phnum};
}

/// Where the kernel has put the vDSO, as it says; 0 where it has none, which is asked again.
std::uintptr_t kernels_place() {
  static constinit std::uintptr_t known = 0;
  std::uintptr_t place = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (place != 0) return place;
  const int error_before = errno;
  place = getauxval(AT_SYSINFO_EHDR);  // without one it leaves ENOENT
  errno = error_before;
  __atomic_store_n(&known, place, __ATOMIC_RELAXED);
  return place;
}

}  // namespace

bool is_kernels(const link_map& object) {
  constexpr std::uintptr_t largest = 1U << 20U;
  const std::uintptr_t place = kernels_place();
  if (place == 0 || address_of(object) - place >= largest) return false;
  // It lies in memory as it would in a file.
  for (const ElfW(Phdr) & header : headers_behind(place))
    if (header.p_type == PT_DYNAMIC) return place + header.p_offset == address_of(object);
  return false;
}

std::span<const ElfW(Phdr)> headers_of(const link_map& object, bool is_program) {
  if (is_program) return {reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR)), getauxval(AT_PHNUM)};
  // Which some kernels, and qemu, link to another address than 0 (before Linux 5.11 powerpc's vdso.lds.S).
  if (is_kernels(object)) return headers_behind(kernels_place());
  // A shared object begins with its ELF header where the addresses in it count from. What was linked to other addresses
  // does not, and these are far from 0 (prelink(8)).
  constexpr std::uintptr_t most = 1U << 30U;
  if (object.l_addr == 0 || address_of(object) - object.l_addr >= most) return {};
  return headers_behind(object.l_addr);
}

}  // namespace cloexec
