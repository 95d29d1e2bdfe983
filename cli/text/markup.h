// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as text of HTML and XML.
#pragma once

#include <string>
#include <string_view>

namespace cloexec::cli {

/// For text and for attributes in quotes. Control characters become escapes of C, what is no UTF-8 or would turn the
/// text around U+FFFD.
std::string escaped(char32_t character);
std::string escaped(std::string_view text);

}  // namespace cloexec::cli
