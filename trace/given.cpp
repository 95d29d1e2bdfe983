// SPDX-License-Identifier: Apache-2.0

#include "trace/given.h"

#include <elf.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace cloexec::trace {
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

}  // namespace cloexec::trace
