// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/verdict.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "cli/message.h"

namespace cloexec::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> words = {{
    {"static", "statically linked"},
    {"static-pie", "statically linked"},
    {"architecture", "of another architecture than libcloexec.so"},
    {"set-user-id", "set-user-ID"},
    {"set-group-id", "set-group-ID"},
    {"capabilities", "given capabilities by its file"},
    {"secure-execution", "started with an effective user or group that is not its real one"},
    {"no-preload", "started without LD_PRELOAD"},
}};

std::string lost_records(const Report& report) {
  return fmt::format("{} lost, for want of room or unreadable (--records makes more room)",
                     counted(report.lost, "record was", "records were"));
}

/// The programs, each once, with what kept the shim out; the first few by name.
std::string unseen_programs(const Report& report, std::size_t count) {
  std::vector<std::string> names;
  std::map<std::string, bool> is_known;
  for (const Exec& exec : report.execs) {
    if (!is_unseen(exec)) continue;
    const std::string_view why = words_for_obstacle(exec.obstacle);
    std::string name = exec.program.empty() ? "a program without a name" : exec.program;
    if (!why.empty()) name += fmt::format(" ({})", why);
    if (!std::exchange(is_known[name], true)) names.push_back(std::move(name));
  }
  constexpr std::size_t most = 3;
  const std::size_t more = names.size() > most ? names.size() - most : 0;
  if (more > 0) names.resize(most);
  return fmt::format("the shim could not enter {}: {}{}; what {} did is not known, `strace -f -y` shows it",
                     counted(count, "program", "programs"), fmt::join(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "", count == 1 ? "it" : "they");
}

/// "2 accepted; 1 no longer occurs".
std::string said_of_baseline(const Summary& summary) {
  std::string text;
  if (summary.accepted > 0) text = fmt::format("{} accepted", summary.accepted);
  if (summary.gone > 0)
    text += fmt::format("{}{} no longer {}", text.empty() ? "" : "; ", summary.gone,
                        summary.gone == 1 ? "occurs" : "occur");
  return text;
}

}  // namespace

std::string_view words_for_obstacle(std::string_view obstacle) {
  for (const auto& [id, text] : words)
    if (id == obstacle) return text;
  return {};
}

std::string what_was_not_seen(const Report& report) {
  const std::size_t unseen = summary_of(report).unseen;
  std::string text;
  if (report.lost > 0) text = lost_records(report);
  if (unseen > 0) text += (text.empty() ? "" : "; ") + unseen_programs(report, unseen);
  if (unseen > 0 && !report.unwatched.empty())
    text += fmt::format("; nothing could be seen from outside: {}", report.unwatched);
  return text;
}

std::string outcome_of(const Report& report) {
  const Summary summary = summary_of(report);
  const std::string baseline = said_of_baseline(summary);
  const std::string behind = baseline.empty() ? "" : fmt::format(" {}.", baseline);
  if (summary.leaks == 1) return "Leaked once: nobody asked for it." + behind;
  if (summary.leaks > 0)
    return fmt::format("Leaked {} times, {} distinct: nobody asked for them.{}", summary.leaks, summary.distinct,
                       behind);
  if (summary.execs == 0) return "No program was seen to start: nothing can be said of it.";
  if (!is_whole(report))
    return fmt::format("No {}leak was seen, but not everything was seen.{}", behind.empty() ? "" : "new ", behind);
  if (!baseline.empty()) return fmt::format("Nothing new leaked: {}.", baseline);
  if (summary.crossed == 0) return "Nothing leaked: no descriptor above 2 crossed an exec.";
  return "Nothing leaked: what crossed was asked for, or was there before.";
}

std::string verdict_on(const Report& report) {
  const std::string unseen = what_was_not_seen(report);
  const std::size_t needed = summary_of(report).needed;
  return outcome_of(report) +
         (needed > 0 ? fmt::format(" Needed, but withheld: {}.", counted(needed, "descriptor", "descriptors")) : "") +
         (unseen.empty() ? "" : fmt::format(" Not seen: {}.", unseen));
}

}  // namespace cloexec::cli
