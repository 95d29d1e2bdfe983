// SPDX-License-Identifier: Apache-2.0
//
// JSON of strings that may hold any bytes, as names of files may. A byte that is not UTF-8 is written as `\xHH`, and
// backslashes before it, or before text that looks so, are doubled: what is read back is what was written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cloexec::cli {

using Json = nlohmann::ordered_json;

/// Indented, with a newline behind it.
std::string written(Json json);

/// Throws Json::parse_error.
Json parsed_json(std::string_view text);

/// One string, and back.
std::string escaped_bytes(std::string_view bytes);
std::string unescaped_bytes(std::string_view text);

}  // namespace cloexec::cli
