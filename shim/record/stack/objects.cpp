// SPDX-License-Identifier: Apache-2.0

#include "shim/record/stack/objects.h"

#include <cstring>
#include <span>

#include "shim/host/find_next.h"
#include "shim/host/headers.h"
#include "shim/host/module.h"

namespace cloexec {
namespace {

using Headers = std::span<const ElfW(Phdr)>;

void widen(Range& range, std::uintptr_t begin, std::uintptr_t end) {
  if (range.end == 0 || begin < range.begin) range.begin = begin;
  if (end > range.end) range.end = end;
}

/// The notes from `begin` to `end`: elf(5).
std::uint32_t build_id_in(std::uintptr_t begin, std::uintptr_t end) {
  constexpr std::uintptr_t alignment = 4;
  const auto aligned = [](std::uintptr_t size) { return (size + alignment - 1) & ~(alignment - 1); };
  while (begin < end && end - begin > sizeof(ElfW(Nhdr))) {
    const auto* const note = reinterpret_cast<const ElfW(Nhdr)*>(begin);
    const std::uintptr_t text = begin + sizeof *note + aligned(note->n_namesz);
    std::uint32_t id = 0;
    if (text > end || note->n_descsz > end - text) return 0;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof "GNU" && note->n_descsz >= sizeof id) {
      __builtin_memcpy(&id, reinterpret_cast<const void*>(text), sizeof id);
      return id;
    }
    begin = text + aligned(note->n_descsz);
  }
  return 0;
}

/// Notes are there where a readable part of the file holds them.
std::uint32_t build_id_of(const link_map& found, Headers headers) {
  for (const ElfW(Phdr) & notes : headers) {
    if (notes.p_type != PT_NOTE || notes.p_align > 4) continue;
    for (const ElfW(Phdr) & header : headers) {
      if (header.p_type != PT_LOAD || (header.p_flags & PF_R) == 0 || notes.p_vaddr < header.p_vaddr ||
          notes.p_filesz > header.p_filesz || notes.p_vaddr - header.p_vaddr > header.p_filesz - notes.p_filesz)
        continue;
      const std::uintptr_t begin = found.l_addr + notes.p_vaddr;
      if (const std::uint32_t id = build_id_in(begin, begin + notes.p_filesz); id != 0) return id;
    }
  }
  return 0;
}

Object look_at(const link_map& found, bool is_program) {
  Object object;
  object.bias = found.l_addr;
  object.path = is_program ? "" : found.l_name;
  object.path_size = std::strlen(object.path);
  const Headers headers = headers_of(found, is_program);
  for (const ElfW(Phdr) & header : headers) {
    if (header.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = found.l_addr + header.p_vaddr;
    widen(object.range, begin, begin + header.p_memsz);
    if ((header.p_flags & PF_X) != 0) widen(object.code, begin, begin + header.p_memsz);
  }
  object.build_id = build_id_of(found, headers);
  return object;
}

/// What was found out about an object. Written once; an object that was loaded at the same place later is told by what
/// its entry in the loader's list says of it.
struct Known {
  const link_map* entry;
  const void* dynamic;
  const char* name;
  Object object;

  bool is_of(const link_map& found) const {
    return entry == &found && dynamic == found.l_ld && name == found.l_name && object.bias == found.l_addr &&
           object.path[object.path_size] == '\0';
  }
};

constexpr unsigned most_known = 128;
constinit Known pool[most_known] = {};
constinit unsigned pool_used = 0;
constinit Known* table[most_known] = {};

Known*& place_of(const link_map& found) {
  // Where the loader allocates its entries, they are some hundred bytes apart.
  return table[(reinterpret_cast<std::uintptr_t>(&found) >> 6U) % most_known];
}

}  // namespace

const Object* object_at(std::uintptr_t address, Object& own) {
  const link_map* const found = link_map_at(reinterpret_cast<const void*>(address));
  if (found == nullptr) return nullptr;
  Known*& place = place_of(*found);
  const Known* const known = __atomic_load_n(&place, __ATOMIC_ACQUIRE);
  if (known != nullptr && known->is_of(*found)) return &known->object;
  own = look_at(*found, found == loaded_objects());
  if (own.range.end == 0) return nullptr;
  if (__atomic_load_n(&pool_used, __ATOMIC_RELAXED) >= most_known) return &own;
  if (const unsigned next = __atomic_fetch_add(&pool_used, 1, __ATOMIC_RELAXED); next < most_known) {
    pool[next] = {found, found->l_ld, found->l_name, own};
    __atomic_store_n(&place, &pool[next], __ATOMIC_RELEASE);
  }
  return &own;
}

std::uint32_t build_id_at(std::uintptr_t address) {
  Object own;
  const Object* const object = object_at(address, own);
  return object != nullptr ? object->build_id : 0;
}

Range program_range() {
  const link_map* const program = loaded_objects();
  return program != nullptr ? look_at(*program, true).range : Range();
}

}  // namespace cloexec
