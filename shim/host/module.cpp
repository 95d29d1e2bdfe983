// SPDX-License-Identifier: Apache-2.0

#include "shim/host/module.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdint>

#include "policy/glob.h"
#include "shim/host/find_next.h"
#include "shim/host/headers.h"
#include "shim/host/program.h"

// glibc 2.35: without a lock, whatever is loaded and unloaded meanwhile.
#pragma weak _dl_find_object

namespace cloexec {
namespace {

/// Empty until it is learnt.
constinit char program_name[64] = {};

bool contains(const link_map& object, bool is_program, std::uintptr_t address) {
  for (const ElfW(Phdr) & header : headers_of(object, is_program))
    if (header.p_type == PT_LOAD && address - (object.l_addr + header.p_vaddr) < header.p_memsz) return true;
  return false;
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
