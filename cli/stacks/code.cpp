// SPDX-License-Identifier: Apache-2.0

#include "cli/stacks/code.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <utility>

#include "cli/doctor/locate.h"
#include "cli/stacks/debug_files.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

constexpr std::size_t most_frames = 256;
constexpr pid_t only_thread = 1;

/// What is unwound just now, as the callbacks below get it.
struct Unwound {
  audit::Machine machine;
  const std::vector<std::uint64_t>& registers;
  const Code::Memory& memory;
  std::vector<Code::Place> places;
};

Unwound& unwound_by(void* argument) { return **static_cast<Unwound**>(argument); }

pid_t next_thread(Dwfl*, void* argument, void** thread) {
  const bool is_first = *thread == nullptr;
  *thread = argument;
  return is_first ? only_thread : 0;
}

bool get_thread(Dwfl*, pid_t thread, void* argument, void** found) {
  *found = argument;
  return thread == only_thread;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* argument) {
  std::uint64_t found = 0;
  if (!unwound_by(argument).memory(address, found)) return false;
  *word = found;
  return true;
}

bool set_registers(Dwfl_Thread* thread, void* argument) {
  const Unwound& unwound = unwound_by(argument);
  const std::span<const int> numbers = audit::registers_of(unwound.machine);
  for (std::size_t i = 0; i < numbers.size() && i < unwound.registers.size(); ++i) {
    const Dwarf_Word value = unwound.registers[i];
    if (numbers[i] == audit::program_counter)
      dwfl_thread_state_register_pc(thread, value);
    else if (!dwfl_thread_state_registers(thread, numbers[i], 1, &value))
      return false;
  }
  return true;
}

int note_frame(Dwfl_Frame* frame, void* argument) {
  auto& places = static_cast<Unwound*>(argument)->places;
  Dwarf_Addr address = 0;
  bool is_activation = false;
  if (!dwfl_frame_pc(frame, &address, &is_activation) || address == 0) return DWARF_CB_ABORT;
  places.push_back({address, !is_activation});
  return places.size() < most_frames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

constexpr Dwfl_Thread_Callbacks thread_callbacks = {
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
    .detach = nullptr,
    .thread_detach = nullptr,
};

int find_file(Dwfl_Module*, void** data, const char*, Dwarf_Addr, char** path, Elf**) {
  const auto* const file = static_cast<const ObjectFile*>(*data);
  const int fd = open_regular(file->path);
  if (fd >= 0) *path = strdup(file->path.c_str());  // libdw frees it
  return fd;
}

constexpr Dwfl_Callbacks callbacks = {
    .find_elf = find_file,
    .find_debuginfo = find_debug_file,
    .section_address = nullptr,
    .debuginfo_path = nullptr,
};

std::string text(const char* text) { return text != nullptr ? text : ""; }

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                             std::free);
  return status == 0 ? readable.get() : name;
}

std::string name_of(Dwarf_Die& function) {
  for (const unsigned attribute : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    Dwarf_Attribute found;
    if (const char* name = dwarf_formstring(dwarf_attr_integrate(&function, attribute, &found)); name != nullptr)
      return demangled(name);
  }
  return text(dwarf_diename(&function));
}

std::string absolute(const std::string& path, const char* folder) {
  if (path.starts_with('/') || folder == nullptr) return path;
  return (std::filesystem::path(folder) / path).lexically_normal();
}

/// A place in the source.
struct Source {
  std::string file;
  unsigned line = 0;
};

/// The unit that holds `address`: libdw has the nearest before it, too.
Dwarf_Die* unit_at(Dwfl_Module* module, Dwarf_Addr address, Dwarf_Addr& bias) {
  Dwarf_Die* const unit = dwfl_module_addrdie(module, address, &bias);
  return unit != nullptr && dwarf_haspc(unit, address - bias) > 0 ? unit : nullptr;
}

Source source_at(Dwfl_Module* module, Dwarf_Addr address) {
  Dwfl_Line* const line = dwfl_module_getsrc(module, address);
  int number = 0;
  const char* file = line != nullptr ? dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr) : nullptr;
  if (file == nullptr || number <= 0) return {};
  return {absolute(file, dwfl_line_comp_dir(line)), static_cast<unsigned>(number)};
}

/// Where the inlined `function` was called.
Source call_of(Dwarf_Die& unit, Dwarf_Die& function) {
  Dwarf_Attribute attribute;
  Dwarf_Word file = 0;
  Dwarf_Word line = 0;
  Dwarf_Files* files = nullptr;
  if (dwarf_formudata(dwarf_attr(&function, DW_AT_call_file, &attribute), &file) != 0 ||
      dwarf_formudata(dwarf_attr(&function, DW_AT_call_line, &attribute), &line) != 0 ||
      dwarf_getsrcfiles(&unit, &files, nullptr) != 0)
    return {};
  Dwarf_Attribute folder;
  return {absolute(text(dwarf_filesrc(files, file, nullptr, nullptr)),
                   dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &folder))),
          static_cast<unsigned>(line)};
}

bool is_function(Dwarf_Die& die) {
  const int tag = dwarf_tag(&die);
  return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/// The scopes around `address` as they are nested in the code, innermost first: where a function is inlined, that of
/// the function which it is inlined in follows. dwarf_getscopes itself goes on with the scopes of its definition.
std::vector<Dwarf_Die> functions_at(Dwarf_Die& unit, Dwarf_Addr address) {
  std::vector<Dwarf_Die> functions;
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes(&unit, address, &scopes);
  Dwarf_Die* nested = nullptr;
  const int depth = count > 0 ? dwarf_getscopes_die(&scopes[0], &nested) : 0;
  for (int i = 0; i < depth; ++i)
    if (is_function(nested[i])) functions.push_back(nested[i]);
  std::free(nested);
  std::free(scopes);
  return functions;
}

std::string symbol_in(Dwfl_Module* module, Dwarf_Addr address) {
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* name = dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
  // One without a size may be of something that ended long before.
  return name != nullptr && offset < symbol.st_size ? name : "";
}

std::string build_id_of(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr place = 0;
  const int size = dwfl_module_build_id(module, &bits, &place);
  return size <= 0 ? "" : fmt::format("{:02x}", fmt::join(std::span(bits, static_cast<std::size_t>(size)), ""));
}

}  // namespace

// Where no process has anything, so that addresses of both kinds can be told apart.
Code::Code(audit::Machine machine)
    : machine_(machine),
      next_(machine == audit::Machine::x86 ? 0x10000000 : std::uint64_t{1} << 44U),
      end_(machine == audit::Machine::x86 ? 0x50000000 : std::uint64_t{1} << 46U),
      dwfl_(dwfl_begin(&callbacks)) {}

Code::~Code() = default;

std::uint64_t Code::add(const ObjectFile& file) {
  constexpr std::uint64_t alignment = 65536;
  const auto [place, is_new] = places_.try_emplace(&file, 0);
  const std::uint64_t size = file.end - file.low;
  if (!is_new || dwfl_ == nullptr || size > end_ - next_ || end_ - next_ - size < alignment) return place->second;
  dwfl_report_begin_add(dwfl_.get());
  Dwfl_Module* const module = dwfl_report_module(dwfl_.get(), file.path.c_str(), next_, next_ + size);
  void** data = nullptr;
  if (module == nullptr ||
      dwfl_module_info(module, &data, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) == nullptr)
    return 0;
  *data = const_cast<ObjectFile*>(&file);
  dwfl_report_end(dwfl_.get(), nullptr, nullptr);
  place->second = next_;
  next_ = (next_ + size + alignment) & ~(alignment - 1);
  return place->second;
}

std::vector<Code::Place> Code::unwind(const std::vector<std::uint64_t>& registers, const Memory& memory) {
  Unwound unwound{machine_, registers, memory, {}};
  current_ = &unwound;
  if (!is_attached_) is_attached_ = dwfl_attach_state(dwfl_.get(), nullptr, only_thread, &thread_callbacks, &current_);
  // Whatever ends it: all stacks end somewhere.
  if (is_attached_) dwfl_getthread_frames(dwfl_.get(), only_thread, note_frame, &unwound);
  if (unwound.places.empty()) unwound.places.push_back({registers.back(), false});
  current_ = nullptr;
  return std::move(unwound.places);
}

std::vector<Frame> Code::describe(Place place) {
  const std::uint64_t address = place.address - (place.is_return ? 1 : 0);
  Dwfl_Module* const module = dwfl_addrmodule(dwfl_.get(), address);
  if (module == nullptr) return {Frame{}};
  void** data = nullptr;
  Dwarf_Addr start = 0;
  dwfl_module_info(module, &data, &start, nullptr, nullptr, nullptr, nullptr, nullptr);
  const auto& file = *static_cast<const ObjectFile*>(*data);
  Frame frame{std::string(base_name(file.path)), file.path, build_id_of(module), place.address - start + file.low};
  std::vector<Frame> frames;
  Source source;
  Dwarf_Addr bias = 0;
  if (Dwarf_Die* const unit = unit_at(module, address, bias); unit != nullptr) {
    source = source_at(module, address);
    for (Dwarf_Die& function : functions_at(*unit, address - bias)) {
      frame.function = name_of(function);
      frame.file = source.file;
      frame.line = source.line;
      frames.push_back(frame);
      if (dwarf_tag(&function) == DW_TAG_subprogram) return frames;
      source = call_of(*unit, function);
    }
  }
  frame.function = demangled(symbol_in(module, address).c_str());
  frame.file = source.file;
  frame.line = source.line;
  frames.push_back(std::move(frame));
  return frames;
}

}  // namespace cloexec::cli
