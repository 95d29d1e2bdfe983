// SPDX-License-Identifier: Apache-2.0

#include "shim/decide/told.h"

#include <cstring>

#include "policy/number_set.h"
#include "shim/host/environment.h"
#include "shim/host/object.h"
#include "shim/host/readable.h"

namespace cloexec {
namespace {

/// The descriptor that `path` names, as in /dev/fd/7 or /proc/self/fd/7/script: what a script's interpreter will open.
int descriptor_in(std::string_view path) {
  for (const std::string_view folder : {std::string_view("/dev/fd/"), std::string_view("/proc/self/fd/")})
    if (path.starts_with(folder)) {
      std::size_t at = folder.size();
      const int fd = detail::read_number(path, at);
      return at == path.size() || path[at] == '/' ? fd : -1;
    }
  return -1;
}

}  // namespace

std::string_view Start::target() const {
  if (program != nullptr) return program;
  return view(arguments != nullptr ? arguments[0] : nullptr);
}

void Told::note(const Announcement& said) {
  for (int fd = said.first < 0 ? 0 : said.first; fd <= said.last && fd < most_bits; ++fd)
    bits_[fd / 32] |= std::uint32_t{1} << fd % 32;
  if (count_ < most_ranges) said_[count_++] = said;
}

void Told::read() {
  is_read_ = true;
  std::memset(bits_, 0, sizeof bits_);
  // Nobody is told anything: the exec is going to fail.
  ReadableMemory memory;
  if (!memory.has(start_.arguments) || !memory.has(start_.environment)) return;
  const std::string_view program = view(start_.program);
  if (start_.program_fd >= 0) note({start_.program_fd, start_.program_fd, program});
  if (const int fd = descriptor_in(program); fd >= 0) note({fd, fd, program});
  const auto is_new = [](const char* entry) { return !is_original(entry) && !was_there_at_start(entry); };
  each_announcement(start_.target(), start_.arguments, start_.environment, is_new,
                    [&](const Announcement& said) { note(said); });
}

bool Told::tells(int fd) {
  has_answered = true;
  if (!is_read_) read();
  if (fd >= 0 && fd < most_bits) return (bits_[fd / 32] >> fd % 32 & 1U) != 0;
  for (unsigned i = 0; i < count_; ++i)
    if (fd >= said_[i].first && fd <= said_[i].last) return true;
  return false;
}

std::string_view Told::word_for(int fd) {
  if (!is_read_) read();
  for (unsigned i = 0; i < count_; ++i)
    if (fd >= said_[i].first && fd <= said_[i].last) return said_[i].by;
  return {};
}

std::string_view Told::object(int fd) {
  const std::string_view object = object_of(fd, object_);
  // One that is cut could match what the whole does not.
  return object.size() < sizeof object_ ? object : std::string_view();
}

}  // namespace cloexec
