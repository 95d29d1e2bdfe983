// SPDX-License-Identifier: Apache-2.0

#include "cli/ps/shown.h"

#include <elf.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <string>
#include <system_error>

namespace cloexec::cli {
namespace {

/// What `process` has in its memory; shorter where that ends.
struct Memory {
  const ProcFolder& process;

  [[nodiscard]] std::string read(std::uint64_t address, std::size_t size) const {
    return process.part("mem", address, size);
  }

  template <typename Object>
  [[nodiscard]] std::optional<Object> object(std::uint64_t address) const {
    static_assert(std::is_trivially_copyable_v<Object>);
    const std::string bytes = read(address, sizeof(Object));
    if (bytes.size() != sizeof(Object)) return {};
    Object object;
    std::memcpy(&object, bytes.data(), sizeof object);
    return object;
  }
};

/// Where the file begins in memory: the line with its name and offset 0 ("BEGIN-END PERMISSIONS OFFSET DEVICE INODE
/// PATH", proc(5)); 0 when there is none.
std::uint64_t base_of(std::string_view shim, std::string_view maps) {
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    const std::size_t path = line.find('/');
    if (path == std::string_view::npos || line.substr(path) != shim) continue;
    const std::size_t permissions = line.find(' ') + 1;
    if (!line.substr(line.find(' ', permissions)).starts_with(" 00000000 ")) continue;
    std::uint64_t base = 0;
    std::from_chars(line.data(), line.data() + line.size(), base, 16);
    return base;
  }
  return 0;
}

constexpr std::size_t aligned(std::size_t size) { return (size + 3) / 4 * 4; }

/// The address that our note among those of a segment leads to; 0 when it has none. Notes are alike in 32-bit and
/// 64-bit files, but for those that are aligned to more, which are not ours.
std::uint64_t address_in(std::string_view notes, std::uint64_t address) {
  constexpr std::string_view own_name("cloexec\0", 8);  // its end belongs to it
  Elf64_Nhdr note;
  for (std::size_t at = 0; at + sizeof note <= notes.size();) {
    std::memcpy(&note, notes.data() + at, sizeof note);
    if (note.n_namesz > notes.size() || note.n_descsz > notes.size()) return 0;
    const std::size_t name = at + sizeof note;
    const std::size_t text = name + aligned(note.n_namesz);
    std::int32_t distance = 0;
    if (note.n_type == shown_version && notes.substr(name, note.n_namesz) == own_name &&
        note.n_descsz == sizeof distance && text + sizeof distance <= notes.size()) {
      std::memcpy(&distance, notes.data() + text, sizeof distance);
      return address + text + static_cast<std::uint64_t>(std::int64_t{distance});
    }
    at = text + aligned(note.n_descsz);
  }
  return 0;
}

template <typename Header, typename Segment>
std::uint64_t address_of_shown(const Memory& memory, std::uint64_t base) {
  const auto header = memory.object<Header>(base);
  if (!header || header->e_phentsize != sizeof(Segment)) return 0;
  // The file may be anyone's.
  constexpr unsigned most_segments = 64;
  for (unsigned number = 0; number < std::min<unsigned>(header->e_phnum, most_segments); ++number) {
    const auto segment = memory.object<Segment>(base + header->e_phoff + number * sizeof(Segment));
    constexpr std::size_t most = 4096;
    if (!segment || segment->p_type != PT_NOTE || segment->p_memsz > most) continue;
    const std::uint64_t address = base + segment->p_vaddr;
    if (const std::uint64_t found = address_in(memory.read(address, segment->p_memsz), address); found != 0)
      return found;
  }
  return 0;
}

std::optional<Shown> read_shown(std::uint64_t base, const ProcFolder& process) {
  try {
    const Memory memory{process};
    const std::string magic = memory.read(base, EI_NIDENT);
    if (magic.size() != EI_NIDENT || !magic.starts_with(ELFMAG)) return {};
    const std::uint64_t address = magic[EI_CLASS] == ELFCLASS64
                                      ? address_of_shown<Elf64_Ehdr, Elf64_Phdr>(memory, base)
                                      : address_of_shown<Elf32_Ehdr, Elf32_Phdr>(memory, base);
    if (address == 0) return {};
    const auto shown = memory.object<Shown>(address);
    return shown && shown->are_read == 1 ? shown : std::nullopt;
  } catch (const std::system_error&) {
    return {};
  }
}

/// A process may have put a file of its own file server there, which never answers, so that the kernel would have its
/// reader wait for ever: that is another process, which is then left alone.
class Reader {
 public:
  Reader(std::uint64_t base, const ProcFolder& process) {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) return;
    child_ = fork();
    if (child_ != 0) return;
    const auto shown = read_shown(base, process);
    if (shown && write(ends_[1], &*shown, sizeof *shown) < 0) _exit(1);
    _exit(0);
  }

  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  ~Reader() {
    close_end(0);
    close_end(1);
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, has_ended_ ? 0 : WNOHANG);
  }

  /// Absent when there is none; `is_late` when that took too long.
  std::optional<Shown> answer(bool& is_late) {
    constexpr int most_milliseconds = 1000;
    close_end(1);
    pollfd end{ends_[0], POLLIN, 0};
    if (child_ <= 0) return {};
    has_ended_ = poll(&end, 1, most_milliseconds) > 0;
    is_late = !has_ended_;
    Shown shown;
    if (is_late || read(ends_[0], &shown, sizeof shown) != sizeof shown) return {};
    return shown;
  }

 private:
  void close_end(std::size_t number) {
    if (ends_[number] >= 0) close(ends_[number]);
    ends_[number] = -1;
  }

  std::array<int, 2> ends_{-1, -1};
  pid_t child_ = -1;
  bool has_ended_ = false;
};

}  // namespace

std::optional<Shown> shown_by(std::string_view shim, std::string_view maps, const ProcFolder& process) {
  // However many processes of that kind there are, they hold nobody up for long.
  static int patience = 3;
  const std::uint64_t base = base_of(shim, maps);
  if (base == 0 || patience == 0) return {};
  bool is_late = false;
  const std::optional<Shown> shown = Reader(base, process).answer(is_late);
  if (is_late) --patience;
  return shown;
}

}  // namespace cloexec::cli
