// SPDX-License-Identifier: Apache-2.0

#include "cli/seal/report.h"

#include <fmt/color.h>

#include <algorithm>
#include <utility>

#include "cli/message.h"
#include "cli/terminal.h"
#include "cli/text/characters.h"
#include "cli/text/json.h"

namespace cloexec::cli {
namespace {

/// How many there are of each state: "5 sealed, 1 kept".
std::string summary_of(const SealedProcess& process, bool undoes) {
  const std::pair<const char*, const char*> states[] = {
      {"sealed", "sealed"},
      {"unsealed", "inheritable again"},
      {"inheritable", "to be sealed"},
      {"close-on-exec", "to be inheritable again"},
      {"kept", "kept"},
      {"left", undoes ? "left close-on-exec" : "left inheritable"},
      {"later", "made meanwhile"},
  };
  std::string text;
  for (const auto& [state, said] : states) {
    const auto count = std::count_if(process.fds.begin(), process.fds.end(),
                                     [&, name = state](const SealedDescriptor& one) { return one.state == name; });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, said);
  }
  return !text.empty() ? text : undoes ? "nothing close-on-exec" : "nothing inheritable";
}

std::string target_of(const SealedDescriptor& one) {
  constexpr std::size_t most = 60;  // columns: a rule of the profile may name many programs
  return one.reason.empty() ? one.target : fmt::format("{} ({})", one.target, cut_in_middle(one.reason, most));
}

/// Columns of the table before the targets.
struct Columns {
  std::size_t fd = 2;
  std::size_t state = 5;
  std::size_t object = 6;

  explicit Columns(const std::vector<SealedProcess>& processes) {
    for (const SealedProcess& process : processes)
      for (const SealedDescriptor& one : process.fds) {
        fd = std::max(fd, std::to_string(one.fd).size());
        state = std::max(state, one.state.size());
        object = std::max(object, one.object.size());
      }
  }

  template <typename Number>
  std::string row(const Number& number, std::string_view become, std::string_view kind, std::string_view target,
                  unsigned width) const {
    const std::string text = fmt::format("  {:>{}}  {:<{}}  {:<{}}  ", number, fd, become, state, kind, object);
    return text + folded_beside(text.size(), target, width);
  }
};

}  // namespace

std::string as_text(const std::vector<SealedProcess>& processes, bool undoes, unsigned width, bool with_colours) {
  const Columns columns(processes);
  std::string text;
  for (const SealedProcess& process : processes) {
    const std::string name = printable(fmt::format("{}[{}]", process.comm, process.pid));
    text += fmt::format("{}{} {}: {}\n", text.empty() ? "" : "\n",
                        with_colours ? fmt::format(fmt::emphasis::bold, "{}", name) : name, printable(process.exe),
                        summary_of(process, undoes));
    if (process.fds.empty()) continue;
    text += columns.row("FD", "STATE", "OBJECT", "TARGET", 0);
    for (const SealedDescriptor& one : process.fds)
      text += columns.row(one.fd, one.state, printable(one.object), printable(target_of(one)), width);
  }
  return text;
}

std::string as_json(const std::vector<SealedProcess>& processes) {
  Json list = Json::array();
  for (const SealedProcess& process : processes) {
    Json fds = Json::array();
    for (const SealedDescriptor& one : process.fds) {
      Json entry = {{"fd", one.fd}, {"object", one.object}, {"target", one.target}, {"state", one.state}};
      if (!one.reason.empty()) entry["rule"] = one.reason;
      fds.push_back(std::move(entry));
    }
    Json entry = {{"pid", process.pid}, {"comm", process.comm}, {"exe", process.exe}, {"held_us", process.held_us}};
    if (!process.problem.empty()) entry["problem"] = process.problem;
    entry["fds"] = std::move(fds);
    list.push_back(std::move(entry));
  }
  return written({{"version", 1}, {"processes", std::move(list)}});
}

}  // namespace cloexec::cli
