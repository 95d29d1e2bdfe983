// SPDX-License-Identifier: Apache-2.0
//
// Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/), as node_exporter's textfile
// collector reads it.

#include <fmt/format.h>

#include <map>
#include <utility>

#include "cli/ps/report.h"
#include "cli/text/json.h"

namespace cloexec::cli {
namespace {

std::string mode_of(const Listed& process) {
  if (!process.settings) return "unknown";
  return process.settings->is_switched_off ? "off" : process.settings->mode;
}

struct Count {
  std::size_t descriptors = 0;
  std::map<std::string, std::size_t> shimmed{{"enforce", 0}};  // by mode
  std::size_t unshimmed = 0;
  std::size_t replaced = 0;
  std::size_t unreadable = 0;
  bool is_seen = false;  // else nothing is known of its descriptors
};

/// By unit and by what the kernel calls the program, which is there for what may not be read, too, and tells
/// redis-server from the redis-check-rdb that it is a link to.
using Counts = std::map<std::pair<std::string, std::string>, Count>;

Counts counts_of(const Listing& listing) {
  Counts counts;
  for (const Listed& process : listing.processes) {
    Count& count = counts[{process.units.system, process.comm}];
    count.is_seen = true;
    count.descriptors += process.fds.size();
    if (process.shims.empty()) {
      ++count.unshimmed;
      continue;
    }
    ++count.shimmed[mode_of(process)];
    for (const std::string& shim : process.shims)
      if (is_replaced(shim)) {
        ++count.replaced;
        break;
      }
  }
  for (const Who& process : listing.unreadable) ++counts[{process.units.system, process.comm}].unreadable;
  return counts;
}

/// What is not UTF-8, or could change a terminal, is told as `\xHH`; then as the format has it.
std::string label(std::string_view name, std::string_view value) {
  std::string text;
  for (const char c : escaped_bytes(value)) {
    if (c == '\\' || c == '"')
      text.append("\\").append(1, c);
    else if (c == '\n')
      text += "\\n";
    else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      text += fmt::format("\\\\x{:02x}", c);
    else
      text += c;
  }
  return fmt::format("{}=\"{}\"", name, text);
}

/// One metric with its samples, which stand together.
class Gauge {
 public:
  Gauge(std::string_view name, std::string_view help)
      : name_(name), text_(fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help)) {}

  void add(const Counts::value_type& of, std::size_t value, std::string_view more = {}) {
    const auto& [unit, program] = of.first;
    text_ += fmt::format("{}{{{},{}{}}} {}\n", name_, label("unit", unit), label("program", program), more, value);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string name_;
  std::string text_;
};

}  // namespace

std::string as_prometheus(const Listing& listing) {
  const Counts counts = counts_of(listing);
  Gauge descriptors("cloexec_inheritable_descriptors", "Descriptors above 2 that the next exec would hand on.");
  Gauge processes(
      "cloexec_processes",
      "Processes by state: shimmed (and how), unshimmed, unreadable (nothing is known of their descriptors).");
  Gauge replaced("cloexec_replaced_shim_processes", "Shimmed processes that run a library whose file was replaced.");
  for (const auto& one : counts) {
    const Count& count = one.second;
    if (count.is_seen) {
      descriptors.add(one, count.descriptors);
      for (const auto& [mode, number] : count.shimmed)
        processes.add(one, number, fmt::format(R"(,state="shimmed",mode="{}")", mode));
      processes.add(one, count.unshimmed, R"(,state="unshimmed",mode="")");
      replaced.add(one, count.replaced);
    }
    processes.add(one, count.unreadable, R"(,state="unreadable",mode="")");
  }
  return descriptors.text() + processes.text() + replaced.text() +
         fmt::format(
             "# HELP cloexec_hidden_processes Whether /proc hides other users' processes, so that there are more "
             "than are counted.\n# TYPE cloexec_hidden_processes gauge\ncloexec_hidden_processes {}\n",
             listing.is_part ? 1 : 0);
}

}  // namespace cloexec::cli
