// SPDX-License-Identifier: Apache-2.0
//
// The ways in which a program starts another. Each gives the child a pipe as its standard output by the means that
// belong to it, and waits for its end.
#pragma once

#include <span>
#include <string>

struct Way {
  const char* name;
  /// Starts `program` without arguments and returns what it wrote, at most a pipe's capacity; empty when it could not.
  std::string (*launch)(const char* program);
};

std::span<const Way> ways();
