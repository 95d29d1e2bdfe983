// SPDX-License-Identifier: Apache-2.0

#include "cli/stacks/object_file.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <limits>
#include <vector>

#include "cli/doctor/locate.h"

namespace cloexec::cli {
namespace {

class File {
 public:
  explicit File(const std::string& path) : fd_(open_regular(path)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool read(std::uint64_t offset, void* bytes, std::size_t size) const {
    return pread(fd_, bytes, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  }
  bool status(struct stat& status) const { return fd_ >= 0 && fstat(fd_, &status) == 0; }

 private:
  int fd_;
};

/// The first bytes of the one among these notes; 0 when there is none. 32-bit and 64-bit files have the same notes.
std::uint32_t read_build_id(const File& file, std::uint64_t offset, std::uint64_t size) {
  constexpr std::uint64_t alignment = 4;
  const auto aligned = [](std::uint64_t one) { return (one + alignment - 1) & ~(alignment - 1); };
  Elf64_Nhdr note;
  for (std::uint64_t at = 0; at < size && size - at > sizeof note && file.read(offset + at, &note, sizeof note);) {
    at += sizeof note + aligned(note.n_namesz);
    std::uint32_t id = 0;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU && note.n_descsz >= sizeof id)
      return file.read(offset + at, &id, sizeof id) ? id : 0;
    at += aligned(note.n_descsz);
  }
  return 0;
}

template <typename Header, typename Segment>
bool read_segments(const File& file, ObjectFile& object) {
  Header header;
  if (!file.read(0, &header, sizeof header)) return false;
  // libelf would set up as many sections as the first one says when the header says none.
  if (header.e_shoff != 0 && header.e_shnum == 0) return false;
  if ((header.e_type != ET_EXEC && header.e_type != ET_DYN) || header.e_phentsize != sizeof(Segment)) return false;
  object.machine = static_cast<audit::Machine>(header.e_machine);
  std::vector<Segment> segments(header.e_phnum);
  if (!file.read(header.e_phoff, segments.data(), segments.size() * sizeof(Segment))) return false;
  object.low = object.begin = std::numeric_limits<std::uint64_t>::max();
  for (const Segment& segment : segments) {
    if (segment.p_type == PT_NOTE && object.build_id == 0)
      object.build_id = read_build_id(file, segment.p_offset, segment.p_filesz);
    if (segment.p_type != PT_LOAD || segment.p_vaddr + segment.p_memsz < segment.p_vaddr) continue;
    if (segment.p_vaddr < object.begin) {
      object.begin = segment.p_vaddr;
      object.low = segment.p_align > 1 ? segment.p_vaddr & ~std::uint64_t{segment.p_align - 1} : segment.p_vaddr;
    }
    object.end = std::max<std::uint64_t>(object.end, segment.p_vaddr + segment.p_memsz);
  }
  return object.begin < object.end;
}

}  // namespace

std::optional<ObjectFile> read_object_file(const std::string& path) {
  const File file(path);
  struct stat status {};
  std::array<unsigned char, EI_NIDENT> identity{};
  if (!file.status(status) || !file.read(0, identity.data(), identity.size())) return {};
  if (std::memcmp(identity.data(), ELFMAG, SELFMAG) != 0 || identity[EI_DATA] != ELFDATA2LSB) return {};
  constexpr std::int64_t second = 1'000'000'000;
  ObjectFile object;
  object.path = path;
  object.changed = status.st_ctim.tv_sec * second + status.st_ctim.tv_nsec;
  const bool is_known = identity[EI_CLASS] == ELFCLASS64
                            ? read_segments<Elf64_Ehdr, Elf64_Phdr>(file, object)
                            : identity[EI_CLASS] == ELFCLASS32 && read_segments<Elf32_Ehdr, Elf32_Phdr>(file, object);
  return is_known ? std::optional(object) : std::nullopt;
}

const ObjectFile* ObjectFiles::find(const std::string& path, std::uint32_t build_id, std::int64_t read_at) {
  if (path.empty()) return nullptr;
  const auto [place, is_new] = files_.try_emplace(path);
  if (is_new) place->second = read_object_file(std::filesystem::absolute(path).lexically_normal());
  const std::optional<ObjectFile>& file = place->second;
  if (!file || file->build_id != build_id || (build_id == 0 && file->changed > read_at)) return nullptr;
  return &*file;
}

}  // namespace cloexec::cli
