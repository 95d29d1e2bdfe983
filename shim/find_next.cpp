// SPDX-License-Identifier: Apache-2.0
//
// Walks the link map (link.h, dl_iterate_phdr(3)) and reads the objects' own symbol tables (elf(5)). What a process
// starts with stays mapped for ever and is listed first, libc among it, so that walking it without the lock is safe;
// only a name that none of these defines makes the walk go on into what dlopen added.

#include "shim/find_next.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

// The list's head: glibc exports the first, musl the second.
#pragma weak _r_debug
extern "C" r_debug* _dl_debug_addr [[gnu::weak]];

// In libdl before glibc 2.34: not there in every program, and needed only where the link map cannot be had.
#pragma weak dlsym

namespace cloexec {
namespace {

/// The hash by which DT_GNU_HASH tables are indexed.
std::uint32_t gnu_hash(const char* name) {
  std::uint32_t hash = 5381;
  for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  return hash;
}

constexpr ElfW(Half) hidden_version = 0x8000;

/// The part of an object's dynamic section that a look-up needs.
struct Tables {
  const std::uint32_t* hash = nullptr;
  const ElfW(Sym) * symbols = nullptr;
  const char* strings = nullptr;
  const ElfW(Half) * versions = nullptr;

  explicit Tables(const link_map& object) {
    for (const ElfW(Dyn)* entry = object.l_ld; entry->d_tag != DT_NULL; ++entry) {
      // glibc relocates these addresses in place, musl and the vDSO leave them as offsets.
      const ElfW(Addr) value = entry->d_un.d_ptr;
      const auto* address = reinterpret_cast<const void*>(value < object.l_addr ? object.l_addr + value : value);
      switch (entry->d_tag) {
        case DT_GNU_HASH:
          hash = static_cast<const std::uint32_t*>(address);
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

bool is_function(const ElfW(Sym) & symbol) {
  const auto type = symbol.st_info & 0xf;
  return symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 && type == STT_FUNC;
}

/// Looks `name` up in one object: bloom filter, bucket, chain, as the loader does.
void* find_in(const link_map& object, const char* name, std::uint32_t hash, bool accept_hidden) {
  const Tables tables(object);
  if (tables.hash == nullptr || tables.symbols == nullptr || tables.strings == nullptr) return nullptr;
  constexpr std::uint32_t word_bits = sizeof(ElfW(Addr)) * 8;
  const std::uint32_t buckets = tables.hash[0];
  const std::uint32_t first_symbol = tables.hash[1];
  const std::uint32_t filter_words = tables.hash[2];
  const std::uint32_t filter_shift = tables.hash[3];
  if (buckets == 0) return nullptr;
  const auto* filter = reinterpret_cast<const ElfW(Addr)*>(tables.hash + 4);
  const ElfW(Addr) word = filter[(hash / word_bits) & (filter_words - 1)];
  if (((word >> (hash % word_bits)) & (word >> ((hash >> filter_shift) % word_bits)) & 1) == 0) return nullptr;

  const auto* bucket = reinterpret_cast<const std::uint32_t*>(filter + filter_words);
  const std::uint32_t* chain = bucket + buckets;
  std::uint32_t index = bucket[hash % buckets];
  if (index < first_symbol) return nullptr;
  for (;; ++index) {
    const std::uint32_t entry = chain[index - first_symbol];
    const ElfW(Sym)& symbol = tables.symbols[index];
    const bool hidden = tables.versions != nullptr && (tables.versions[index] & hidden_version) != 0;
    if ((entry | 1) == (hash | 1) && hidden == accept_hidden && is_function(symbol) &&
        std::strcmp(tables.strings + symbol.st_name, name) == 0)
      return reinterpret_cast<void*>(object.l_addr + symbol.st_value);
    if ((entry & 1) != 0) return nullptr;
  }
}

const link_map* own_object() {
  const r_debug* loader = &_r_debug != nullptr ? &_r_debug : &_dl_debug_addr != nullptr ? _dl_debug_addr : nullptr;
  const link_map* object = loader != nullptr ? loader->r_map : nullptr;
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
  const std::uint32_t hash = gnu_hash(name);
  for (const bool hidden : {false, true})
    for (const link_map* object = own->l_next; object != nullptr; object = object->l_next)
      if (void* function = find_in(*object, name, hash, hidden); function != nullptr) return {object, function};
  return {};
}

}  // namespace

void* find_next(const char* name) { return find_definition(name).function; }

bool is_wrapped_below(const char* name) {
  const link_map* object = find_definition(name).object;
  // Before glibc 2.34 some of libc's functions are libpthread's first.
  return object != find_definition("__errno_location").object && object != find_definition("pthread_create").object;
}

}  // namespace cloexec
