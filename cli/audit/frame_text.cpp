// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/frame_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "policy/glob.h"

namespace cloexec::cli {
namespace {

/// "app::Helper::keep" of "app::Helper::keep(int, std::string const&)".
std::string without_arguments(const std::string& function) {
  constexpr std::string_view anonymous = "(anonymous namespace)";
  constexpr std::string_view call = "operator()";
  unsigned depth = 0;  // within the arguments of templates
  for (std::size_t at = 0; at < function.size(); ++at) {
    const std::string_view rest = std::string_view(function).substr(at);
    if (rest.starts_with(anonymous)) {
      at += anonymous.size() - 1;
    } else if (rest.starts_with(call)) {
      at += call.size() - 1;
    } else if (rest.starts_with("operator")) {
      // Its name may hold what templates are made of.
      at = std::min(function.find('(', at), function.size()) - 1;
    } else if (function[at] == '<') {
      ++depth;
    } else if (function[at] == '>' && depth > 0) {
      --depth;
    } else if (function[at] == '(' && depth == 0 && at > 0) {
      return function.substr(0, at);
    }
  }
  return function;
}

}  // namespace

std::string text_of(const Frame& frame) {
  if (!frame.file.empty()) {
    const std::string place = frame.line == 0 ? frame.file : fmt::format("{}:{}", frame.file, frame.line);
    return frame.function.empty() ? place : fmt::format("{} ({})", frame.function, place);
  }
  if (!frame.function.empty())
    return frame.module.empty() ? frame.function : fmt::format("{} in {}", frame.function, frame.module);
  return fmt::format("{}+{:#x}", frame.module.empty() ? "unknown" : frame.module, frame.offset);
}

std::string brief_text_of(const Frame& frame) {
  if (!is_known(frame)) return frame.module.empty() ? "unknown code" : frame.module;
  Frame brief = frame;
  if (brief.file.starts_with('/')) brief.file = base_name(brief.file);
  brief.function = without_arguments(frame.function);
  if (brief.file.empty()) return brief.function;
  return text_of(brief);
}

bool is_known(const Frame& frame) { return !frame.function.empty() || !frame.file.empty(); }

const Frame* frame_in_sources(const Frames& frames) {
  const Frame* first = nullptr;
  for (const Frame& frame : frames) {
    if (frame.file.empty() || frame.line == 0) continue;
    if (frame.is_in_sources) return &frame;
    if (first == nullptr && frame.file.starts_with('/')) first = &frame;
  }
  return first;
}

}  // namespace cloexec::cli
