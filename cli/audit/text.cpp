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

#include "cli/audit/characters.h"
#include "cli/audit/report.h"
#include "cli/audit/rows.h"
#include "cli/message.h"

namespace cloexec::cli {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t indent = 2;
constexpr std::size_t gap = 2;
/// Where less is left the columns go below each other.
constexpr std::size_t least_table = 72;

std::string shown(std::string_view text) {
  const std::string without_controls = printable(text);
  std::string result;
  for (std::string_view rest = without_controls; !rest.empty();) {
    const char32_t character = take_character(rest);
    append(result, is_harmless(character) ? character : U'?');
  }
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
  return {std::to_string(crossing.fd), shown(what_it_is(crossing)), shown(made), shown(what),
          row.times > 1 ? fmt::format("×{}", row.times) : ""};
}

/// Programs into which the same crossed.
struct Section {
  std::vector<std::pair<std::string, std::size_t>> programs;  // as shown, and how often each was started
  std::vector<Row> rows;
  std::size_t leaks = 0;
};

std::vector<Section> sections_of(const Report& report) {
  struct Program {
    std::string name;
    bool has_shim = true;
    std::size_t starts = 0;
    std::vector<Row> rows;
  };
  std::vector<Program> programs;
  std::unordered_map<std::string, std::size_t> places;
  for (const Exec& exec : report.execs) {
    const auto [place, is_new] = places.try_emplace(fmt::format("{}{}", exec.has_shim, exec.program), programs.size());
    if (is_new) programs.push_back({exec.program, exec.has_shim, 0, {}});
    Program& program = programs[place->second];
    ++program.starts;
    for (const Crossing& crossing : exec.fds) program.rows.push_back(row_of(exec, crossing));
  }
  std::vector<Section> sections;
  places.clear();
  for (Program& program : programs) {
    std::string key;
    Section section;
    section.rows = merged(std::move(program.rows));
    for (Row& row : section.rows) {
      row.program.clear();
      key += fmt::format("{}\n{}\n{}\n", key_of(row), what_it_is(row.crossing), row.times);
      if (row.crossing.what == Class::leak) section.leaks += row.times;
    }
    const auto [place, is_new] = places.try_emplace(key, sections.size());
    if (is_new) sections.push_back(std::move(section));
    sections[place->second].programs.emplace_back(
        (program.name.empty() ? "unknown" : program.name) + (program.has_shim ? "" : " (unseen)"), program.starts);
  }
  std::stable_sort(sections.begin(), sections.end(), [](const Section& a, const Section& b) {
    return a.leaks * a.programs.size() > b.leaks * b.programs.size();
  });
  return sections;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

class Writer {
 public:
  Writer(std::size_t width, Paint paint) : width_(width), paint_(paint) {}

  void summary(const Report& report);
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
  if (summary.leaks > 0) {
    paragraph(fmt::format("{}.", counts), {});
    paragraph(fmt::format("{} leaked: nobody asked for {}.", summary.leaks, summary.leaks == 1 ? "it" : "them"),
              style_of(Class::leak));
  } else if (summary.execs == 0) {
    paragraph("No program was seen to start: nothing can be said of it.", {});
  } else if (summary.crossed == 0) {
    paragraph(fmt::format("{} started.", counted(summary.execs, "program", "programs")), {});
    paragraph("Nothing leaked: no descriptor above 2 crossed an exec.", style_of(Class::exempt));
  } else {
    paragraph(fmt::format("{}.", counts), {});
    paragraph("Nothing leaked: what crossed was asked for, or was there before.", style_of(Class::exempt));
  }
  const auto unseen = static_cast<std::size_t>(
      std::count_if(report.execs.begin(), report.execs.end(), [](const Exec& exec) { return !exec.has_shim; }));
  if (unseen > 0)
    paragraph(fmt::format("The shim could not enter {}, marked \"unseen\": what {} started is not in here.",
                          counted(unseen, "program", "programs"), unseen == 1 ? "it" : "they"),
              style_of(Class::by_program));
  if (report.lost > 0)
    paragraph(fmt::format("{} lost, for want of room or unreadable: descriptors may be missing below, or who made "
                          "them. More room: --records.",
                          counted(report.lost, "record was", "records were")),
              style_of(Class::by_program));
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
        const bool is_painted = column == verdict || column == number || what == Class::foreign;
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
  paragraph("by " + cells[maker], quiet, 2 * indent);
}

void Writer::section(const Section& section, const Widths& widths) {
  line("");
  std::string names;
  for (const auto& [program, starts] : section.programs) {
    if (!names.empty()) names += ", ";
    names += shown(program);
    if (starts > 1) names += fmt::format(" (×{})", starts);
  }
  paragraph(names, strong);
  if (is_table()) {
    std::string heads(indent, ' ');
    for (std::size_t i = 0; i < times; ++i)
      heads += i == number
                   ? fmt::format("{:>{}}", headings[i], widths[i])
                   : fmt::format("{}{:<{}}", std::string(gap, ' '), headings[i], i + 1 == times ? 0 : widths[i]);
    line(paint_(cut_in_middle(heads, width_), quiet));
  }
  for (const Row& one : section.rows)
    if (is_table())
      row(cells_of(one), widths, one.crossing.what);
    else
      stacked(cells_of(one), one.crossing.what);
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
