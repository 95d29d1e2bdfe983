// SPDX-License-Identifier: Apache-2.0

#include "cli/doctor/elf_file.h"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "cli/doctor/instructions.h"
#include "cli/doctor/locate.h"

namespace cloexec::cli {
namespace {

constexpr std::uint64_t largest_file = std::uint64_t{2} << 30U;
constexpr std::uint64_t largest_table = std::uint64_t{32} << 20U;
constexpr std::size_t longest_name = 256;
/// The kernel takes no more program headers than fit in this (load_elf_phdrs, fs/binfmt_elf.c).
constexpr std::size_t largest_program_headers = 65536;

struct Troubled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class File {
 public:
  explicit File(const std::string& path) : fd_(open_regular(path)) {
    struct stat status {};
    if (fd_ < 0 || fstat(fd_, &status) != 0) throw Troubled(std::strerror(errno));
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(fd_); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool has(std::uint64_t offset, std::uint64_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }

  /// Throws when not all of it is there.
  void read(std::uint64_t offset, std::uint8_t* bytes, std::size_t size) const {
    while (size > 0) {
      const ssize_t got = pread(fd_, bytes, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw Troubled(std::strerror(errno));
      if (got == 0) throw Troubled("is a truncated ELF file");
      offset += static_cast<std::uint64_t>(got);
      bytes += got;
      size -= static_cast<std::size_t>(got);
    }
  }

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

/// GCC's and clang's, as they know each other (IsDynamicRTName, asan_linux.cpp).
bool is_address_sanitizer(std::string_view library) {
  return library.starts_with("libasan.so") || library.starts_with("libclang_rt.asan");
}

/// That one has it, too, on Linux.
bool is_leak_sanitizer(std::string_view library) {
  return is_address_sanitizer(library) || library.starts_with("liblsan.so") || library.starts_with("libclang_rt.lsan");
}

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

class Reader {
 public:
  explicit Reader(const File& file) : file_(file) {
    if (file.size() > largest_file) throw Troubled("is larger than any program");
    check_identity();
    elf_version(EV_CURRENT);
    // Not by mmap: another process may cut the file meanwhile.
    elf_.reset(elf_begin(file.fd(), ELF_C_READ, nullptr));
    if (elf_ == nullptr || elf_kind(elf_.get()) != ELF_K_ELF || gelf_getehdr(elf_.get(), &header_) == nullptr)
      throw damaged();
    check_tables();
  }

  ElfFile read_headers() {
    ElfFile result;
    result.architecture = {header_.e_machine, is_64_, header_.e_ident[EI_DATA] == ELFDATA2MSB};
    result.is_movable = header_.e_type == ET_DYN;
    read_segments(result);
    return result;
  }

  ElfFile read() {
    ElfFile result = read_headers();
    read_sections(result);
    result.raw_calls = count_raw_calls(result.architecture);
    return result;
  }

 private:
  struct Closer {
    void operator()(Elf* elf) const { elf_end(elf); }
  };

  static Troubled damaged() {
    const char* why = elf_errmsg(-1);
    return Troubled(why != nullptr ? fmt::format("is a damaged ELF file: {}", why) : "is a damaged ELF file");
  }

  /// What libelf must not meet: it sets up as many sections as the first one says when the header says none.
  void check_identity() {
    std::array<std::uint8_t, sizeof(Elf64_Ehdr)> bytes{};
    file_.read(0, bytes.data(), std::min<std::size_t>(bytes.size(), sizeof(Elf32_Ehdr)));
    is_64_ = bytes[EI_CLASS] == ELFCLASS64;
    if (!is_64_ && bytes[EI_CLASS] != ELFCLASS32) throw Troubled("is a damaged ELF file: of no known class");
    if (is_64_) file_.read(0, bytes.data(), bytes.size());
    const auto is_zero = [&](std::size_t offset, std::size_t size) {
      return std::all_of(&bytes[offset], &bytes[offset] + size, [](std::uint8_t byte) { return byte == 0; });
    };
    const bool has_sections = is_64_ ? !is_zero(offsetof(Elf64_Ehdr, e_shoff), sizeof(Elf64_Off))
                                     : !is_zero(offsetof(Elf32_Ehdr, e_shoff), sizeof(Elf32_Off));
    const bool has_count = is_64_ ? !is_zero(offsetof(Elf64_Ehdr, e_shnum), 2)  //
                                  : !is_zero(offsetof(Elf32_Ehdr, e_shnum), 2);
    if (has_sections && !has_count) throw Troubled("is a damaged ELF file: it does not say how many sections it has");
  }

  void check_tables() const {
    if (header_.e_type != ET_EXEC && header_.e_type != ET_DYN)
      throw Troubled("is an ELF file, but not one that can be executed");
    if (header_.e_phnum == 0 || header_.e_phentsize != gelf_fsize(elf_.get(), ELF_T_PHDR, 1, EV_CURRENT) ||
        std::size_t{header_.e_phnum} * header_.e_phentsize > largest_program_headers)
      throw Troubled("is a damaged ELF file: its program headers are none that the kernel takes");
    if (!file_.has(header_.e_phoff, std::uint64_t{header_.e_phnum} * header_.e_phentsize) ||
        !file_.has(header_.e_shoff, std::uint64_t{header_.e_shnum} * header_.e_shentsize))
      throw Troubled("is a truncated ELF file");
    if (header_.e_shnum != 0 && header_.e_shoff != 0 &&
        header_.e_shentsize != gelf_fsize(elf_.get(), ELF_T_SHDR, 1, EV_CURRENT))
      throw Troubled("is a damaged ELF file: its section headers have another size");
  }

  Elf_Data* table(Range where, Elf_Type type) const {
    if (!file_.has(where.offset, where.size)) throw Troubled("is a truncated ELF file");
    if (where.size > largest_table) throw Troubled("is a damaged ELF file: it has a table larger than any program's");
    if (where.size == 0) return nullptr;
    Elf_Data* data = elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(where.offset), where.size, type);
    if (data == nullptr) throw damaged();
    return data;
  }

  /// Empty when there is none, or none that ends.
  static std::string_view string_at(const Elf_Data* table, std::uint64_t at) {
    if (table == nullptr || table->d_buf == nullptr || at >= table->d_size) return {};
    const char* text = static_cast<const char*>(table->d_buf) + at;
    const std::size_t room = std::min<std::size_t>(table->d_size - at, longest_name);
    const void* end = std::memchr(text, '\0', room);
    return end == nullptr ? std::string_view{} : std::string_view(text, static_cast<const char*>(end));
  }

  void read_segments(ElfFile& result) {
    std::vector<GElf_Phdr> loaded;
    std::optional<Range> dynamic;
    for (int i = 0; i < header_.e_phnum; ++i) {
      GElf_Phdr segment{};
      if (gelf_getphdr(elf_.get(), i, &segment) == nullptr) throw damaged();
      const bool is_read = segment.p_type == PT_LOAD || segment.p_type == PT_INTERP || segment.p_type == PT_DYNAMIC;
      if (is_read && !file_.has(segment.p_offset, segment.p_filesz)) throw Troubled("is a truncated ELF file");
      if (segment.p_type == PT_LOAD) {
        loaded.push_back(segment);
        if ((segment.p_flags & PF_X) != 0) code_.push_back({segment.p_offset, segment.p_filesz});
      }
      if (segment.p_type == PT_INTERP && !result.interpreter)
        result.interpreter = interpreter_at({segment.p_offset, segment.p_filesz});
      if (segment.p_type == PT_DYNAMIC && !dynamic) dynamic = Range{segment.p_offset, segment.p_filesz};
    }
    if (loaded.empty()) throw Troubled("is a damaged ELF file: nothing of it would be loaded");
    if (dynamic) read_dynamic(*dynamic, loaded, result);
  }

  /// The kernel's own conditions (load_elf_binary, fs/binfmt_elf.c).
  [[nodiscard]] std::string interpreter_at(Range where) const {
    if (where.size < 2 || where.size > 4096) throw Troubled("is a damaged ELF file: its interpreter has no path");
    std::string path(where.size, '\0');
    file_.read(where.offset, reinterpret_cast<std::uint8_t*>(path.data()), path.size());
    if (path.back() != '\0') throw Troubled("is a damaged ELF file: its interpreter's path does not end");
    path.resize(std::strlen(path.c_str()));
    return path;
  }

  void read_dynamic(Range where, const std::vector<GElf_Phdr>& loaded, ElfFile& result) const {
    Elf_Data* data = table(where, ELF_T_DYN);
    const std::size_t entry_size = gelf_fsize(elf_.get(), ELF_T_DYN, 1, EV_CURRENT);
    std::optional<std::uint64_t> soname;
    std::vector<std::uint64_t> needed;
    std::uint64_t strings = 0;
    Range names;
    for (std::size_t i = 0; data != nullptr && i < where.size / entry_size; ++i) {
      GElf_Dyn entry{};
      if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr || entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_FLAGS_1) result.is_pie = (entry.d_un.d_val & DF_1_PIE) != 0;
      if (entry.d_tag == DT_SONAME) soname = entry.d_un.d_val;
      if (entry.d_tag == DT_NEEDED) needed.push_back(entry.d_un.d_val);
      if (entry.d_tag == DT_STRTAB) strings = entry.d_un.d_ptr;
      if (entry.d_tag == DT_STRSZ) names.size = entry.d_un.d_val;
    }
    if (!soname && needed.empty()) return;
    for (const GElf_Phdr& segment : loaded) {
      if (strings < segment.p_vaddr || strings - segment.p_vaddr >= segment.p_filesz) continue;
      names.offset = segment.p_offset + (strings - segment.p_vaddr);
      const Elf_Data* text = table(names, ELF_T_BYTE);
      if (soname) result.soname = string_at(text, *soname);
      for (const std::uint64_t name : needed) {
        const std::string_view library = string_at(text, name);
        if (is_address_sanitizer(library)) result.address_sanitizer = library;
        result.needs_leak_sanitizer = result.needs_leak_sanitizer || is_leak_sanitizer(library);
      }
      return;
    }
  }

  void read_sections(ElfFile& result) {
    std::vector<GElf_Shdr> sections;
    for (std::size_t i = 0; header_.e_shoff != 0 && i < header_.e_shnum; ++i) {
      Elf_Scn* section = elf_getscn(elf_.get(), i);
      if (section == nullptr || gelf_getshdr(section, &sections.emplace_back()) == nullptr) throw damaged();
    }
    // The first is none, and the names' own is another.
    result.has_sections = sections.size() > 2 && header_.e_shstrndx < sections.size();
    if (!result.has_sections) return;
    const GElf_Shdr& names_section = sections[header_.e_shstrndx];
    const Elf_Data* names = table({names_section.sh_offset, names_section.sh_size}, ELF_T_BYTE);
    std::vector<Range> code;
    const GElf_Shdr* symbols = nullptr;
    for (const GElf_Shdr& section : sections) {
      const std::string_view name = string_at(names, section.sh_name);
      if (name == ".go.buildinfo" || name == ".note.go.buildid") result.is_go = true;
      if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
      if (!file_.has(section.sh_offset, section.sh_size)) throw Troubled("is a truncated ELF file");
      if ((section.sh_flags & SHF_EXECINSTR) != 0) code.push_back({section.sh_offset, section.sh_size});
      if (section.sh_type == SHT_DYNSYM && symbols == nullptr) symbols = &section;
    }
    // Narrower than the segments, which hold read-only data too.
    if (!code.empty()) code_ = code;
    if (symbols != nullptr && symbols->sh_link < sections.size())
      read_symbols(*symbols, sections[symbols->sh_link], result);
  }

  void read_symbols(const GElf_Shdr& symbols, const GElf_Shdr& strings, ElfFile& result) const {
    if (strings.sh_type != SHT_STRTAB) return;
    Elf_Data* data = table({symbols.sh_offset, symbols.sh_size}, ELF_T_SYM);
    const Elf_Data* names = table({strings.sh_offset, strings.sh_size}, ELF_T_BYTE);
    const std::size_t count = symbols.sh_size / gelf_fsize(elf_.get(), ELF_T_SYM, 1, EV_CURRENT);
    for (std::size_t i = 1; data != nullptr && i < count; ++i) {
      GElf_Sym symbol{};
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) throw damaged();
      const std::string_view name = string_at(names, symbol.st_name);
      if (name.empty() || GELF_ST_BIND(symbol.st_info) == STB_LOCAL) continue;
      if (symbol.st_shndx == SHN_UNDEF) {
        result.imports.emplace(name);
      } else if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC && (GELF_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT ||
                                                              GELF_ST_VISIBILITY(symbol.st_other) == STV_PROTECTED)) {
        result.functions.emplace(name);
      }
    }
  }

  /// `code_` without what two of its ranges share.
  [[nodiscard]] std::vector<Range> disjoint_code() const {
    std::vector<Range> sorted = code_;
    std::sort(sorted.begin(), sorted.end(), [](const Range& a, const Range& b) { return a.offset < b.offset; });
    std::vector<Range> result;
    for (const Range& range : sorted) {
      if (result.empty() || range.offset > result.back().offset + result.back().size) {
        result.push_back(range);
        continue;
      }
      Range& last = result.back();
      last.size = std::max(last.offset + last.size, range.offset + range.size) - last.offset;
    }
    return result;
  }

  [[nodiscard]] RawCalls count_raw_calls(const Architecture& architecture) const {
    RawCalls calls;
    calls.is_known = knows_system_calls_of(architecture);
    if (!calls.is_known) return calls;
    constexpr std::size_t block = std::size_t{1} << 20U;
    std::vector<std::uint8_t> bytes;
    for (const Range& range : disjoint_code()) {
      // Each block sees a little of its neighbours, and counts only what begins in itself.
      for (std::uint64_t begin = 0; begin < range.size; begin += block) {
        const std::uint64_t before = std::min<std::uint64_t>(begin, system_call_context);
        const std::uint64_t end = std::min(range.size, begin + block + system_call_context);
        bytes.resize(end - begin + before);
        file_.read(range.offset + begin - before, bytes.data(), bytes.size());
        const std::uint64_t own_end = before + std::min<std::uint64_t>(block, range.size - begin);
        count_system_calls(architecture, bytes, before, own_end, calls);
      }
    }
    return calls;
  }

  const File& file_;
  std::unique_ptr<Elf, Closer> elf_;
  GElf_Ehdr header_{};
  bool is_64_ = false;
  std::vector<Range> code_;
};

ElfFile read(const std::string& path, ElfFile (*how)(Reader&)) {
  try {
    const File file(path);
    Reader reader(file);
    return how(reader);
  } catch (const Troubled& trouble) {
    throw std::runtime_error(fmt::format("{}: {}", path, trouble.what()));
  }
}

}  // namespace

std::string Architecture::name() const {
  const auto named = [&]() -> std::string {
    switch (machine) {
      case EM_386:
        return "i386";
      case EM_X86_64:
        return is_64 ? "x86-64" : "x32";
      case EM_AARCH64:
        return "aarch64";
      case EM_ARM:
        return "arm";
      case EM_RISCV:
        return "riscv";
      case EM_PPC64:
        return "ppc64";
      case EM_S390:
        return "s390";
      case EM_MIPS:
        return "mips";
      default:
        return fmt::format("machine {}", machine);
    }
  };
  return fmt::format("{}-bit {}{}", is_64 ? 64 : 32, named(), is_big_endian ? ", big-endian" : "");
}

ElfFile read_elf(const std::string& path) {
  return read(path, [](Reader& reader) { return reader.read(); });
}

ElfFile read_elf_headers(const std::string& path) {
  return read(path, [](Reader& reader) { return reader.read_headers(); });
}

}  // namespace cloexec::cli
