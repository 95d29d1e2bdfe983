// SPDX-License-Identifier: Apache-2.0
//
// render FORMAT [WIDTH [colours]] [--baseline=FILE] [--source-root=DIR]: an audit in JSON on standard input, in the
// other format on standard output; "baseline" is a format, too. Width and colours are those of text.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "cli/audit/baseline.h"
#include "cli/audit/report.h"
#include "cli/audit/source_root.h"

namespace {

using namespace cloexec::cli;

std::string rendered(const Report& report, const Baseline& baseline, const std::vector<std::string>& words) {
  const std::string format = words.empty() ? "" : words[0];
  if (format == "html") return as_html(report);
  if (format == "json") return as_json(report);
  if (format == "sarif") return as_sarif(report);
  if (format == "junit") return as_junit(report);
  if (format == "baseline") return baseline.renewed(report);
  const int width = words.size() > 1 ? std::atoi(words[1].c_str()) : 100;
  return as_text(report, static_cast<unsigned>(width), words.size() > 2);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  Report report = report_from_json(text);
  Baseline baseline;
  std::vector<std::string> words;
  for (const std::string& word : std::vector<std::string>(argv + 1, argv + argc)) {
    const std::size_t value = word.find('=') + 1;
    if (word.starts_with("--baseline="))
      baseline = Baseline::read(word.substr(value));
    else if (word.starts_with("--source-root="))
      report.source_root = source_root_at(word.substr(value));
    else
      words.push_back(word);
  }
  report = relative(std::move(report));
  baseline.apply(report);
  std::cout << rendered(report, baseline, words);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
