// SPDX-License-Identifier: Apache-2.0
//
// The audit for a terminal: what came of it, then what crossed into each program, leaks first.

#include <fmt/color.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "cli/audit/needs.h"
#include "cli/audit/report.h"
#include "cli/audit/rows.h"
#include "cli/audit/verdict.h"
#include "cli/message.h"
#include "cli/text/characters.h"

namespace cloexec::cli {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t indent = 2;
constexpr std::size_t gap = 2;
/// Where less is left the columns go below each other.
constexpr std::size_t least_table = 72;

/// A tab would move what stands behind it out of its column.
std::string shown(std::string_view text) {
  std::string result = printable(text);
  std::replace(result.begin(), result.end(), '\t', '?');
  return result;
}

/// At spaces, and behind commas where a word is longer than a line; what is still longer is cut.
Lines wrapped(std::string_view text, std::size_t columns) {
  Lines lines;
  std::size_t used = columns;
  while (!text.empty()) {
    std::size_t end = std::min(text.find(' '), text.size());
    std::size_t next = end + 1;
    if (columns_of(text.substr(0, end)) > columns)
      if (const std::size_t comma = text.substr(0, std::min(end, columns)).rfind(','); comma < end)
        end = next = comma + 1;
    const std::string word = cut_in_middle(text.substr(0, end), columns);
    text.remove_prefix(std::min(next, text.size()));
    if (word.empty()) continue;
    const std::size_t size = columns_of(word);
    if (lines.empty() || used + 1 + size > columns) {
      lines.push_back(word);
      used = size;
    } else {
      lines.back().append(" ").append(word);
      used += 1 + size;
    }
  }
  return lines;
}

struct Paint {
  bool has_colours;

  std::string operator()(const std::string& text, fmt::text_style style) const {
    return has_colours && !text.empty() ? fmt::format(style, "{}", text) : text;
  }
};

const fmt::text_style strong = fmt::emphasis::bold;
const fmt::text_style quiet = fmt::emphasis::faint;

fmt::text_style style_of(Class what) {
  switch (what) {
    case Class::leak:
      return fmt::fg(fmt::terminal_color::red) | strong;
    case Class::exempt:
      return fmt::fg(fmt::terminal_color::green);
    case Class::by_program:
      return fmt::fg(fmt::terminal_color::yellow);
    case Class::foreign:
    case Class::withheld:
      break;
  }
  return quiet;
}

enum Column { number, object, maker, verdict, times, column_count };

using Cells = std::array<std::string, column_count>;
using Widths = std::array<std::size_t, column_count>;

const Cells headings = {"FD", "WHAT IT IS", "MADE BY", "CLASS", ""};

Cells cells_of(const Row& row) {
  const Crossing& crossing = row.crossing;
  std::string made = maker_of(row);
  if (const std::string moment = moment_of(row); !moment.empty()) made += ", " + moment;
  std::string what(name_of(crossing.what));
  if (const std::string reason = reason_of(crossing); !reason.empty()) what += " " + reason;
  return {numbers_of(row), shown(what_it_is(row)), shown(made), shown(what),
          row.times > 1 ? fmt::format("×{}", row.times) : ""};
}

/// Programs into which the same crossed.
struct Section {
  std::vector<std::pair<std::string, std::size_t>> programs;  // as shown, and how often each was started
  std::vector<Row> rows;
  std::size_t leaks = 0;
};

/// Behind the name of a program that the shim could not enter; of a whole machine, of which that is true of all, where
/// it runs.
std::string mark_of(const Exec& exec, bool is_of_system) {
  if (is_of_system) {
    const std::string container = exec.container.empty() ? "" : "container " + exec.container;
    return exec.unit.empty() && container.empty()
               ? ""
               : fmt::format(" ({}{}{})", exec.unit, exec.unit.empty() || container.empty() ? "" : ", ", container);
  }
  if (exec.has_shim) return {};
  const std::string_view how = exec.is_watched ? "from outside" : "unseen";
  const std::string_view why = words_for_obstacle(exec.obstacle);
  return why.empty() ? fmt::format(" ({})", how) : fmt::format(" ({}: {})", how, why);
}

/// Of those that differ in programs, numbers and targets alone one, where there are very many.
std::vector<Section> united(std::vector<Section> sections) {
  constexpr std::size_t most = 12;
  const auto shape_of = [](const Section& section) {
    std::string shape;
    for (const Row& row : section.rows) shape += site_of(row) + "\n";
    return shape;
  };
  std::unordered_map<std::string, std::size_t> counts;
  for (const Section& section : sections) ++counts[shape_of(section)];
  std::vector<Section> result;
  std::unordered_map<std::string, std::size_t> places;
  for (Section& section : sections) {
    const std::string shape = shape_of(section);
    const auto [place, is_first] = places.try_emplace(shape, result.size());
    if (is_first || counts[shape] <= most) {
      result.push_back(std::move(section));
      continue;
    }
    Section& all = result[place->second];
    all.programs.insert(all.programs.end(), section.programs.begin(), section.programs.end());
    for (std::size_t i = 0; i < all.rows.size(); ++i) merge(all.rows[i], section.rows[i]);
  }
  return result;
}

std::vector<Section> sections_of(const Report& report) {
  struct Program {
    std::string name;
    std::string mark;
    std::size_t starts = 0;
    Rows rows;
  };
  std::vector<Program> programs;
  std::unordered_map<std::string, std::size_t> places;
  for (const Exec& exec : report.execs) {
    const std::string mark = mark_of(exec, report.mode == "system");
    const auto [place, is_new] = places.try_emplace(exec.program + mark, programs.size());
    if (is_new) programs.push_back({exec.program, mark, 0, {}});
    Program& program = programs[place->second];
    ++program.starts;
    program.rows.add(exec);
  }
  std::vector<Section> sections;
  places.clear();
  for (Program& program : programs) {
    std::string key;
    Section section;
    section.rows = program.rows.take();
    for (Row& row : section.rows) {
      key += fmt::format("{}\n{}\n{}\n", key_of(row), what_it_is(row), row.times);
      if (row.crossing.what == Class::leak) section.leaks += row.times;
    }
    const auto [place, is_new] = places.try_emplace(key, sections.size());
    if (is_new) sections.push_back(std::move(section));
    sections[place->second].programs.emplace_back((program.name.empty() ? "unknown" : program.name) + program.mark,
                                                  program.starts);
  }
  sections = united(std::move(sections));
  std::stable_sort(sections.begin(), sections.end(), [](const Section& a, const Section& b) {
    return a.leaks * a.programs.size() > b.leaks * b.programs.size();
  });
  return sections;
}

class Writer {
 public:
  Writer(std::size_t width, Paint paint) : width_(width), paint_(paint) {}

  void summary(const Report& report);
  void baseline(const BaselineUse& baseline);
  void section(const Section& section, const Widths& widths);
  void untouched(std::size_t programs);
  Widths widths_for(const std::vector<Section>& sections) const;
  std::string take() { return std::move(text_); }

 private:
  void line(const std::string& text) { text_.append(text).append("\n"); }

  void paragraph(std::string_view text, fmt::text_style style, std::size_t margin = 0) {
    for (const std::string& part : wrapped(text, width_ - margin)) line(std::string(margin, ' ') + paint_(part, style));
  }

  bool is_table() const { return width_ >= least_table; }
  void row(const Cells& cells, const Widths& widths, Class what);
  void stacked(const Cells& cells, Class what);
  void calls(const Crossing& crossing);

  std::size_t width_;
  Paint paint_;
  std::string text_;
};

void Writer::summary(const Report& report) {
  const Summary summary = summary_of(report);
  line(paint_(cut_in_middle(shown(shell_command(report.command)), width_), strong));
  std::string counts =
      fmt::format("{} started, {} crossed into {}", counted(summary.execs, "program", "programs"),
                  counted(summary.crossed, "descriptor", "descriptors"), summary.execs == 1 ? "it" : "them");
  if (report.mode == "enforce") counts += " though close-on-exec was enforced";
  if (summary.crossed == 0) counts = fmt::format("{} started", counted(summary.execs, "program", "programs"));
  if (report.mode == "enforce") counts += fmt::format("; {} withheld", counted(summary.withheld, "was", "were"));
  if (summary.execs > 0) paragraph(counts + ".", {});
  const bool is_doubtful = summary.execs == 0 || !is_whole(report);
  paragraph(outcome_of(report), style_of(summary.leaks > 0 ? Class::leak
                                         : is_doubtful     ? Class::by_program
                                                           : Class::exempt));
  for (const Need& need : needs_of(report)) {
    paragraph(shown(text_of(need)) + ".", style_of(Class::leak));
    paragraph(
        need.crossing.remedy.empty() ? "No rule can give it." : "This rule gives it: " + shown(need.crossing.remedy),
        {});
  }
  if (report.baseline) baseline(*report.baseline);
  if (const std::size_t unseen = summary.unseen; unseen > 0)
    paragraph(fmt::format("The shim could not enter {}, marked \"unseen\": what {} did and started is not in here.",
                          counted(unseen, "program", "programs"), unseen == 1 ? "it" : "they"),
              style_of(Class::by_program));
  if (summary.watched > 0 && report.mode != "system")
    paragraph(fmt::format("The shim could not enter {}, marked \"from outside\": what {} got was seen, who made it was "
                          "not.",
                          counted(summary.watched, "program", "programs"), summary.watched == 1 ? "it" : "they"),
              {});
  if (report.lost > 0)
    paragraph(fmt::format("{} lost, for want of room or unreadable: descriptors may be missing below, or who made "
                          "them. More room: --records.",
                          counted(report.lost, "record was", "records were")),
              style_of(Class::by_program));
}

/// What is accepted is among the rows; what is no longer there is nowhere else.
void Writer::baseline(const BaselineUse& baseline) {
  std::size_t times = 0;
  for (const Acceptance& one : baseline.entries) times += one.times;
  const std::string path = shown(baseline.path);
  if (times > 0) paragraph(fmt::format("{} has accepted {}.", path, counted(times, "crossing", "crossings")), {});
  for (const Acceptance& one : baseline.entries)
    if (one.times == 0)
      paragraph(fmt::format("No longer occurs, of {}: {}", path, shown(one.entry)), style_of(Class::by_program));
}

/// Of the columns of all sections alike: what they need, less where that is too much, of the widest first.
Widths Writer::widths_for(const std::vector<Section>& sections) const {
  Widths widths{};
  for (std::size_t i = 0; i < column_count; ++i) widths[i] = headings[i].size();
  for (const Section& section : sections)
    for (const Row& row : section.rows) {
      const Cells cells = cells_of(row);
      for (std::size_t i = 0; i < column_count; ++i) widths[i] = std::max<std::size_t>(widths[i], columns_of(cells[i]));
    }
  std::size_t fixed = indent + widths[number] + gap * (column_count - 2);
  if (widths[times] > 0) fixed += widths[times] + gap;
  const std::size_t room = width_ - std::min(fixed, width_ - 3);
  // Rules are long, and read well on several lines.
  constexpr std::size_t enough = 24;
  const std::size_t others = widths[object] + widths[maker];
  if (others + widths[verdict] > room && widths[verdict] > enough)
    widths[verdict] = std::max(enough, room - std::min(room, others));
  while (widths[object] + widths[maker] + widths[verdict] > room)
    --*std::max_element(widths.begin() + object, widths.begin() + times);
  return widths;
}

void Writer::row(const Cells& cells, const Widths& widths, Class what) {
  std::array<Lines, column_count> columns;
  for (std::size_t i = 0; i < column_count; ++i) columns[i] = wrapped(cells[i], std::max<std::size_t>(widths[i], 1));
  // Of a long path the ends tell most.
  if (columns[object].size() > 3)
    columns[object] = wrapped(cut_in_middle(cells[object], 2 * widths[object]), widths[object]);
  std::size_t height = 0;
  for (const Lines& column : columns) height = std::max(height, column.size());
  for (std::size_t i = 0; i < height; ++i) {
    std::string text;
    std::size_t blank = indent;
    for (std::size_t column = 0; column < column_count; ++column) {
      const std::string part = i < columns[column].size() ? columns[column][i] : "";
      const std::size_t rest = widths[column] - std::min<std::size_t>(widths[column], columns_of(part));
      if (column == number) blank += rest;
      if (!part.empty()) {
        const bool is_painted =
            column == verdict || column == number || what == Class::foreign || what == Class::withheld;
        text.append(std::exchange(blank, 0), ' ').append(is_painted ? paint_(part, style_of(what)) : part);
      }
      blank += gap + (column == number ? 0 : rest);
    }
    line(text);
  }
}

void Writer::stacked(const Cells& cells, Class what) {
  std::string first = fmt::format("{} {}", cells[number], cells[verdict]);
  if (!cells[times].empty()) first += " " + cells[times];
  paragraph(first, style_of(what), indent);
  paragraph(cut_in_middle(cells[object], 2 * (width_ - 2 * indent)), {}, 2 * indent);
  paragraph(cells[maker], quiet, 2 * indent);
}

/// Below a row, when there are more than its own.
void Writer::calls(const Crossing& crossing) {
  constexpr std::size_t margin = 3 * indent;
  constexpr std::size_t most = 24;
  const auto list = [&](const Creation& created) {
    const std::vector<std::string> callers = callers_of(created);
    for (std::size_t i = 0; i < callers.size() && i < most; ++i)
      line(std::string(margin, ' ') + paint_(cut_in_middle(shown(callers[i]), width_ - margin), quiet));
    if (callers.size() > most) paragraph(fmt::format("from {} more", callers.size() - most), quiet, margin);
  };
  list(crossing.created);
  if (!crossing.cleared || crossing.cleared->stack.size() < 2) return;
  paragraph("made inheritable " + shown(reason_of(crossing)), quiet, 2 * indent);
  list(*crossing.cleared);
}

void Writer::section(const Section& section, const Widths& widths) {
  line("");
  std::string names;
  constexpr std::size_t most = 40;
  for (std::size_t i = 0; i < std::min(most, section.programs.size()); ++i) {
    const auto& [program, starts] = section.programs[i];
    if (!names.empty()) names += ", ";
    names += shown(program);
    if (starts > 1) names += fmt::format(" (×{})", starts);
  }
  if (section.programs.size() > most) names += fmt::format(", and {} more", section.programs.size() - most);
  paragraph(names, strong);
  if (is_table()) {
    std::string heads(indent, ' ');
    for (std::size_t i = 0; i < times; ++i)
      heads += i == number
                   ? fmt::format("{:>{}}", headings[i], widths[i])
                   : fmt::format("{}{:<{}}", std::string(gap, ' '), headings[i], i + 1 == times ? 0 : widths[i]);
    line(paint_(cut_in_middle(heads, width_), quiet));
  }
  for (const Row& one : section.rows) {
    if (is_table())
      row(cells_of(one), widths, one.crossing.what);
    else
      stacked(cells_of(one), one.crossing.what);
    calls(one.crossing);
  }
}

void Writer::untouched(std::size_t programs) {
  line("");
  paragraph(fmt::format("Nothing crossed into {}.", counted(programs, "other program", "other programs")), {});
}

}  // namespace

std::string as_text(const Report& report, unsigned width, bool with_colours) {
  constexpr std::size_t least = 20;
  Writer writer(std::max<std::size_t>(width, least), Paint{with_colours});
  writer.summary(report);
  const std::vector<Section> sections = sections_of(report);
  const Widths widths = writer.widths_for(sections);
  std::size_t untouched = 0;
  for (const Section& section : sections)
    if (section.rows.empty())
      untouched += section.programs.size();
    else
      writer.section(section, widths);
  if (untouched > 0 && untouched < report.execs.size() && sections.size() > 1) writer.untouched(untouched);
  return writer.take();
}

}  // namespace cloexec::cli
