// SPDX-License-Identifier: Apache-2.0
//
// What the values of options must be, where CLI11's own checks let too much pass.
#pragma once

#include <CLI/CLI.hpp>

namespace cloexec::cli {

/// A number from `least` to `most`: "nan" is none.
CLI::Validator seconds_between(double least, double most);

/// Not empty: a variable of a script that is not set would ask for all there is.
CLI::Validator something_named();

}  // namespace cloexec::cli
