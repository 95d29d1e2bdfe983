// SPDX-License-Identifier: Apache-2.0
//
// Makes a kind of descriptor N times, for the budgets test to count instructions and system calls by.

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "makers.h"

namespace {

Form form_of(std::string_view name) {
  return name == "asked" ? Form::asked : name == "fcntl" ? Form::by_fcntl : Form::plain;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view kind = count >= 3 ? arguments[1] : "";
  const Form form = form_of(count == 4 ? arguments[3] : "");
  for (const Maker& maker : makers())
    if (kind == maker.name) {
      for (int left = std::atoi(arguments[2]); left > 0; --left) maker.make(by_name(), form);
      return 0;
    }
  std::fprintf(stderr, "usage: calls KIND COUNT [asked|fcntl]\n");
  return 2;
}
