// SPDX-License-Identifier: Apache-2.0
//
// render html|text [WIDTH]: an audit in JSON on standard input, in the other format on standard output. Text is in
// colours when a third argument asks for them.
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>

#include "cli/audit/report.h"

int main(int argc, char** argv) {
  using namespace cloexec::cli;
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const Report report = report_from_json(text);
  const std::string format = argc > 1 ? argv[1] : "";
  const int width = argc > 2 ? std::atoi(argv[2]) : 100;
  std::cout << (format == "html" ? as_html(report) : as_text(report, static_cast<unsigned>(width), argc > 3));
}
