// SPDX-License-Identifier: Apache-2.0
//
// Walks the link map (link.h, dl_iterate_phdr(3)) and reads the objects' own symbol tables (elf(5)). What a process
// starts with stays mapped for ever and is listed first, libc among it, so that walking it without the lock is safe;
// only a name that none of these defines makes the walk go on into what dlopen added.

#include "shim/host/find_next.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "shim/host/headers.h"
#include "shim/host/route.h"
#include "shim/machine/machine.h"

// The list's head, which glibc exports. musl's is found by the program's DT_DEBUG: a second name to look for would cost
// every process on glibc some hundred instructions.
#pragma weak _r_debug

// In libdl before glibc 2.34: not there in every program, and needed only where the link map cannot be had.
#pragma weak dlsym

namespace cloexec {
namespace {

/// The hash by which DT_GNU_HASH tables are indexed.
std::uint32_t hash_of(const char* name) {
  std::uint32_t hash = 5381;
  for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

constexpr ElfW(Half) hidden_version = 0x8000;

/// glibc relocates the addresses in a dynamic section in place, musl and the vDSO leave them as offsets.
template <typename Type>
const Type* address_in(const link_map& object, std::uintptr_t value) {
  return reinterpret_cast<const Type*>(value < object.l_addr ? object.l_addr + value : value);
}

/// The part of an object's dynamic section that a look-up needs.
struct Tables {
  const std::uint32_t* gnu_hash = nullptr;
  const Machine::HashWord* old_hash = nullptr;  // DT_HASH
  const ElfW(Sym) * symbols = nullptr;
  const char* strings = nullptr;
  const ElfW(Half) * versions = nullptr;

  explicit Tables(const link_map& object) {
    for (const ElfW(Dyn)* entry = object.l_ld; entry->d_tag != DT_NULL; ++entry) {
      const auto* address = address_in<void>(object, entry->d_un.d_ptr);
      switch (entry->d_tag) {
        case DT_GNU_HASH:
          gnu_hash = static_cast<const std::uint32_t*>(address);
          break;
        case DT_HASH:
          old_hash = static_cast<const Machine::HashWord*>(address);
          break;
        case DT_SYMTAB:
          symbols = static_cast<const ElfW(Sym)*>(address);
          break;
        case DT_STRTAB:
          strings = static_cast<const char*>(address);
          break;
        case DT_VERSYM:
          versions = static_cast<const ElfW(Half)*>(address);
          break;
        default:
          break;
      }
    }
  }
};

/// Whether symbol `index` defines `name`, in a default version or in a hidden one.
bool defines(const Tables& tables, std::uint32_t index, const char* name, bool in_hidden_version) {
  const ElfW(Sym)& symbol = tables.symbols[index];
  const auto type = symbol.st_info & 0xf;
  const bool is_function = type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC;
  const bool is_hidden = tables.versions != nullptr && (tables.versions[index] & hidden_version) != 0;
  return is_function && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 && is_hidden == in_hidden_version &&
         std::strcmp(tables.strings + symbol.st_name, name) == 0;
}

/// DT_GNU_HASH: bloom filter, bucket, chain, as the loader goes.
const ElfW(Sym) * find_by_gnu_hash(const Tables& tables, const char* name, std::uint32_t hash, bool in_hidden_version) {
  constexpr std::uint32_t word_bits = sizeof(ElfW(Addr)) * 8;
  const std::uint32_t buckets = tables.gnu_hash[0];
  const std::uint32_t first_symbol = tables.gnu_hash[1];
  const std::uint32_t filter_words = tables.gnu_hash[2];
  const std::uint32_t filter_shift = tables.gnu_hash[3];
  if (buckets == 0) return nullptr;
  const void* const behind = tables.gnu_hash + 4;
  const auto* filter = static_cast<const ElfW(Addr)*>(behind);
  const ElfW(Addr) word = filter[(hash / word_bits) & (filter_words - 1)];
  if (((word >> (hash % word_bits)) & (word >> ((hash >> filter_shift) % word_bits)) & 1) == 0) return nullptr;

  const auto* bucket = reinterpret_cast<const std::uint32_t*>(filter + filter_words);
  const std::uint32_t* chain = bucket + buckets;
  std::uint32_t index = bucket[hash % buckets];
  if (index < first_symbol) return nullptr;
  for (;; ++index) {
    const std::uint32_t entry = chain[index - first_symbol];
    if ((entry | 1) == (hash | 1) && defines(tables, index, name, in_hidden_version)) return tables.symbols + index;
    if ((entry & 1) != 0) return nullptr;
  }
}

/// DT_HASH (elf(5)), in objects that have nothing newer: on mips all of them.
const ElfW(Sym) * find_by_old_hash(const Tables& tables, const char* name, bool in_hidden_version) {
  std::uint32_t hash = 0;
  for (const char* at = name; *at != '\0'; ++at) {
    hash = (hash << 4U) + static_cast<unsigned char>(*at);
    hash = (hash ^ (hash >> 28U << 4U)) & 0x0fffffff;
  }
  const Machine::HashWord buckets = tables.old_hash[0];
  const Machine::HashWord* const bucket = tables.old_hash + 2;
  const Machine::HashWord* const chain = bucket + buckets;
  if (buckets == 0) return nullptr;
  for (Machine::HashWord index = bucket[hash % buckets]; index != 0; index = chain[index])
    if (defines(tables, static_cast<std::uint32_t>(index), name, in_hidden_version)) return tables.symbols + index;
  return nullptr;
}

/// Whether an object is a copy of this library, whatever its file is called.
bool is_copy(const link_map& object) {
  const ElfW(Dyn)* name = nullptr;
  const ElfW(Dyn)* strings = nullptr;
  for (const ElfW(Dyn)* entry = object.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_SONAME) name = entry;
    if (entry->d_tag == DT_STRTAB) strings = entry;
  }
  return name != nullptr && strings != nullptr &&
         std::strcmp(address_in<char>(object, strings->d_un.d_ptr) + name->d_un.d_val, "libcloexec.so") == 0;
}

/// Looks `name` up in one object; a copy of this library is passed over.
void* find_in(const link_map& object, const char* name, std::uint32_t hash, bool in_hidden_version) {
  const Tables tables(object);
  if (tables.symbols == nullptr || tables.strings == nullptr || is_copy(object)) return nullptr;
  const ElfW(Sym)* symbol = tables.gnu_hash != nullptr   ? find_by_gnu_hash(tables, name, hash, in_hidden_version)
                            : tables.old_hash != nullptr ? find_by_old_hash(tables, name, in_hidden_version)
                                                         : nullptr;
  if (symbol == nullptr) return nullptr;
  // How a resolver is to be called, the loader knows.
  if ((symbol->st_info & 0xf) == STT_GNU_IFUNC) return &dlsym != nullptr ? dlsym(RTLD_NEXT, name) : nullptr;
  return reinterpret_cast<void*>(object.l_addr + symbol->st_value);
}

/// What the loader has written into the program's dynamic section for debuggers (elf(5)); null when there is none.
const r_debug* debugged_program() {
  const auto* const headers = reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));
  const ElfW(Phdr)* dynamic = nullptr;
  const ElfW(Phdr)* self = nullptr;
  for (unsigned long i = 0; headers != nullptr && i < getauxval(AT_PHNUM); ++i) {
    if (headers[i].p_type == PT_PHDR) self = headers + i;
    if (headers[i].p_type == PT_DYNAMIC) dynamic = headers + i;
  }
  if (self == nullptr || dynamic == nullptr) return nullptr;
  const auto base = reinterpret_cast<std::uintptr_t>(headers) - self->p_vaddr;
  for (const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(base + dynamic->p_vaddr); entry->d_tag != DT_NULL;
       ++entry)
    if (entry->d_tag == DT_DEBUG) return reinterpret_cast<const r_debug*>(entry->d_un.d_ptr);
  return nullptr;
}

const link_map* own_object() {
  const link_map* object = loaded_objects();
  while (object != nullptr && object->l_ld != _DYNAMIC) object = object->l_next;
  return object;
}

struct Found {
  const link_map* object = nullptr;
  void* function = nullptr;
};

Found find_definition(const char* name) {
  const link_map* own = own_object();
  if (own == nullptr) return {nullptr, &dlsym != nullptr ? dlsym(RTLD_NEXT, name) : nullptr};
  const std::uint32_t hash = hash_of(name);
  for (const bool hidden : {false, true})
    for (const link_map* object = own->l_next; object != nullptr; object = object->l_next)
      if (void* function = find_in(*object, name, hash, hidden); function != nullptr) return {object, function};
  return {};
}

}  // namespace

const link_map* loaded_objects() {
  const r_debug* loader = &_r_debug != nullptr ? &_r_debug : debugged_program();
  return loader != nullptr ? loader->r_map : nullptr;
}

bool is_later_copy() {
  const link_map* object = own_object();
  if (object == nullptr) return false;
  // The program is the first.
  while ((object = object->l_prev) != nullptr && object->l_prev != nullptr)
    if (!is_kernels(*object) && is_copy(*object)) return true;
  return false;
}

const char* own_path() {
  const link_map* own = own_object();
  return own != nullptr ? own->l_name : "";
}

void* find_next(const char* name) { return find_definition(name).function; }

void* find_route(const char* name, void* interposer, void*& route) {
  const Found found = find_definition(name);
  const bool is_foreign = found.object != nullptr && is_wrapped_below(name);
  void* const target = is_foreign ? found.function : interposer;
  __atomic_store_n(&route, target, __ATOMIC_RELAXED);
  return target;
}

bool defines(const link_map& object, const char* name) {
  return find_in(object, name, hash_of(name), false) != nullptr;
}

bool is_wrapped_below(const char* name) {
  const link_map* object = find_definition(name).object;
  // Before glibc 2.34 some of libc's functions are libpthread's first.
  // What libc lacks nobody wraps.
  return object != nullptr && object != find_definition("__errno_location").object &&
         object != find_definition("pthread_create").object;
}

}  // namespace cloexec
