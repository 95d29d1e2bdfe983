// SPDX-License-Identifier: Apache-2.0

#include "supervise/program.h"

#include <elf.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "policy/announced.h"
#include "supervise/proc.h"

namespace cloexec::supervise {
namespace {

template <typename Integer>
std::vector<std::pair<Word, Word>> pairs_in(std::string_view text) {
  std::vector<std::pair<Word, Word>> pairs;
  for (; text.size() >= 2 * sizeof(Integer); text.remove_prefix(2 * sizeof(Integer))) {
    Integer pair[2];
    std::memcpy(pair, text.data(), sizeof pair);
    pairs.emplace_back(pair[0], pair[1]);
  }
  return pairs;
}

Word find(const std::vector<std::pair<Word, Word>>& pairs, Word type) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [=](const auto& pair) { return pair.first == type; });
  return found == pairs.end() ? 0 : found->second;
}

constexpr std::string_view descriptor_folder = "/dev/fd/";

}  // namespace

Strings::Strings(std::string text) : text_(std::move(text)) {
  if (!text_.empty() && text_.back() != '\0') text_.push_back('\0');
  for (std::size_t at = 0; at < text_.size(); at = text_.find('\0', at) + 1) pointers_.push_back(text_.data() + at);
  pointers_.push_back(nullptr);
}

AuxiliaryValues::AuxiliaryValues(std::string_view text) : values_(pairs_in<std::uint64_t>(text)) {
  // Read so, those of a 32-bit program make no sense.
  if (find(values_, AT_PHENT) != sizeof(Elf64_Phdr)) values_ = pairs_in<std::uint32_t>(text);
}

Word AuxiliaryValues::get(Word type) const { return find(values_, type); }

const AuxiliaryValues& Program::auxiliary() {
  if (!auxiliary_) auxiliary_.emplace(read_in_proc(process_, "auxv"));
  return *auxiliary_;
}

const std::string& Program::path() {
  if (!path_) path_ = text_at(process_, auxiliary().get(AT_EXECFN));
  return *path_;
}

const Strings& Program::arguments() {
  if (!arguments_) arguments_.emplace(read_in_proc(process_, "cmdline"));
  return *arguments_;
}

std::string_view Program::argv0() { return arguments().first(); }

std::string_view Program::target() {
  return path().starts_with(descriptor_folder) ? argv0() : std::string_view(path());
}

void Program::read_announcements(const std::string& before) {
  announced_.emplace();
  const auto note = [&](const Announcement& said) { announced_->emplace_back(said.first, said.last); };
  detail::take_path(path().c_str(), [&](int first, int last) { announced_->emplace_back(first, last); });
  const Strings environment(read_in_proc(process_, "environ"));
  const Strings known(before);
  std::unordered_set<std::string_view> entries;
  for (const char* const* entry = known.list(); *entry != nullptr; ++entry) entries.insert(*entry);
  const auto is_new = [&](const char* entry) { return !entries.contains(entry); };
  each_announcement(target(), arguments().list(), environment.list(), is_new, note);
}

bool Program::is_told(int fd, const std::string& before) {
  if (!announced_) read_announcements(before);
  return std::any_of(announced_->begin(), announced_->end(),
                     [=](const auto& range) { return fd >= range.first && fd <= range.second; });
}

}  // namespace cloexec::supervise
