// SPDX-License-Identifier: Apache-2.0

#include "shim/host/module.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstdint>

#include "policy/glob.h"
#include "shim/host/find_next.h"
#include "shim/host/program.h"

// glibc 2.35: without a lock, whatever is loaded and unloaded meanwhile.
#pragma weak _dl_find_object

namespace cloexec {
namespace {

/// Empty until it is learnt.
constinit char program_name[64] = {};

bool is_within(const link_map& object, const ElfW(Phdr) * headers, std::size_t count, std::uintptr_t address) {
  for (std::size_t i = 0; i < count; ++i)
    if (headers[i].p_type == PT_LOAD && address - (object.l_addr + headers[i].p_vaddr) < headers[i].p_memsz)
      return true;
  return false;
}

/// A shared object begins with its ELF header (elf(5)); where the program's headers are, the kernel says.
bool contains(const link_map& object, bool is_program, std::uintptr_t address) {
  if (is_program)
    return is_within(object, reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR)), getauxval(AT_PHNUM), address);
  if (object.l_addr == 0) return false;
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(object.l_addr);
  return is_within(object, reinterpret_cast<const ElfW(Phdr)*>(object.l_addr + header->e_phoff), header->e_phnum,
                   address);
}

/// Older glibcs and musl: the list of objects, which dlclose can change meanwhile on glibc.
const link_map* search(const void* address) {
  const link_map* const program = loaded_objects();
  for (const link_map* object = program; object != nullptr; object = object->l_next)
    if (contains(*object, object == program, reinterpret_cast<std::uintptr_t>(address))) return object;
  return nullptr;
}

}  // namespace

const link_map* link_map_at(const void* address) {
  if (&_dl_find_object == nullptr) return search(address);
  dl_find_object found;
  return _dl_find_object(const_cast<void*>(address), &found) == 0 ? found.dlfo_link_map : nullptr;
}

void learn_program_name() {
  if (program_name[0] != '\0') return;
  ProgramNames names({});
  const std::string_view name = base_name(names.get()[0]);
  for (std::size_t i = 0; i < name.size() && i < sizeof program_name - 1; ++i) program_name[i] = name[i];
}

Module find_module(const void* address) {
  const link_map* object = link_map_at(address);
  if (object == nullptr) return {};
  if (object == loaded_objects()) return {program_name, object->l_addr};
  const std::string_view path = object->l_name;
  const std::string_view name = base_name(path);
  return {name, object->l_addr, path.substr(0, path.size() - name.size())};
}

std::string_view module_in_rules(const void* address) {
  const link_map* object = link_map_at(address);
  const bool is_program = object != nullptr && object == loaded_objects();
  return is_program && defines(*object, "caml_startup") ? "ocaml" : find_module(address).name;
}

}  // namespace cloexec
