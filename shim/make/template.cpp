// SPDX-License-Identifier: Apache-2.0

#include "shim/make/template.h"

#include <cstring>
#include <string_view>

namespace cloexec {
namespace {

constexpr std::string_view text = "XXXXXX";

}  // namespace

Blanks::Blanks(const Attempt& attempt) {
  if (!attempt.recipe.fills_template) return;
  char* const path = from_word<char*>(attempt.words[0]);
  // The flags come behind the suffix of functions that take one.
  const int suffix = attempt.recipe.place == 2 ? static_cast<int>(attempt.words[1]) : 0;
  const std::size_t needed = text.size() + static_cast<std::size_t>(suffix < 0 ? 0 : suffix);
  const std::size_t length = std::strlen(path);
  if (length >= needed && std::memcmp(path + (length - needed), text.data(), text.size()) == 0)
    place_ = path + (length - needed);
}

void Blanks::restore() const {
  if (place_ != nullptr) std::memcpy(place_, text.data(), text.size());
}

}  // namespace cloexec
