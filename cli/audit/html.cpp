// SPDX-License-Identifier: Apache-2.0
//
// The audit as one page that needs nothing else. What is the same in all is in page.html, and says where the rest goes.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "cli/audit/characters.h"
#include "cli/audit/report.h"
#include "cli/audit/rows.h"

namespace cloexec::cli {
namespace {

constexpr std::string_view page =
#include "cli/audit/page.html"
    ;

using Html = std::string;

constexpr std::array classes = {Class::leak, Class::exempt, Class::by_program, Class::foreign};

/// For text and for attributes in double quotes. Control characters become escapes of C, what is no UTF-8 or would turn
/// the text around U+FFFD.
Html escaped(char32_t character) {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    default:
      break;
  }
  if (character < 0x20 || character == 0x7F) return fmt::format("\\x{:02x}", static_cast<unsigned>(character));
  Html result;
  append(result, is_harmless(character) ? character : U'\uFFFD');
  return result;
}

Html escaped(std::string_view text) {
  Html result;
  while (!text.empty()) result += escaped(take_character(text));
  return result;
}

/// That lines may break behind what parts paths and lists.
Html breakable(std::string_view text) {
  Html result;
  while (!text.empty()) {
    const char32_t character = take_character(text);
    result += escaped(character);
    if (character == '/' || character == ',' || character == '!') result += "<wbr>";
  }
  return result;
}

Html badge(Class what, std::string_view text) {
  return fmt::format(R"(<span class="class {}">{}</span>)", name_of(what), escaped(text));
}

Html quiet(std::string_view text) {
  return text.empty() ? Html() : fmt::format(R"(<span class="quiet">{}</span>)", breakable(text));
}

std::string_view base_or(std::string_view path, std::string_view otherwise) {
  const std::string_view base = base_of(path);
  return base.empty() ? otherwise : base;
}

/// "libffi.so.8+0x72b4", where the call is the same one.
std::string place_of_call(const Creation& created) {
  return created.offset == 0 ? created.module : fmt::format("{}+{:#x}", created.module, created.offset);
}

Html mono(std::string_view text) { return fmt::format(R"(<span class="mono">{}</span>)", breakable(text)); }

/// The programs that it crossed into, and how often.
using Programs = std::vector<std::pair<std::string, std::size_t>>;

Html programs_cell(Programs programs) {
  std::stable_sort(programs.begin(), programs.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (programs.size() == 1) return mono(base_or(programs[0].first, "unknown")) + quiet(programs[0].first);
  Html list;
  for (const auto& [program, times] : programs)
    list += fmt::format("<li>{} × {}</li>", times, mono(program.empty() ? "unknown" : program));
  list = fmt::format("<ul>{}</ul>", list);
  constexpr std::size_t most = 4;
  if (programs.size() <= most) return list;
  return fmt::format("<details><summary>{} programs</summary>{}</details>", programs.size(), list);
}

Html table_row(const Row& row, const Programs& programs) {
  const Crossing& crossing = row.crossing;
  const Creation& created = crossing.created;
  const bool is_known = !created.call.empty() || !created.program.empty();
  const Html maker =
      is_known ? mono(base_or(created.program, "unknown")) + quiet(created.program) : quiet(maker_of(row));
  std::string details = place_of_call(created);
  if (const std::string moment = moment_of(row); !moment.empty()) details += (details.empty() ? "" : ", ") + moment;
  return fmt::format(
      "<tr data-class=\"{}\"><td data-key=\"{}\" class=\"verdict\">{}{}</td><td class=\"number\">{}</td>"
      "<td class=\"number\">{}</td><td class=\"what\">{}</td><td class=\"path\">{}</td>"
      "<td class=\"path\">{}{}</td><td class=\"path\">{}</td></tr>\n",
      name_of(crossing.what), static_cast<int>(crossing.what), badge(crossing.what, name_of(crossing.what)),
      quiet(reason_of(crossing)), row.times, crossing.fd, mono(what_it_is(crossing)), maker, mono(created.call),
      quiet(details), programs_cell(programs));
}

Html table_rows(const Report& report) {
  std::vector<Row> rows;
  std::unordered_map<std::string, Programs> programs;
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds) rows.push_back(row_of(exec, crossing));
  std::vector<Row> by_program = merged(std::move(rows));
  rows.clear();
  for (Row& row : by_program) {
    std::string program = std::exchange(row.program, {});
    programs[key_of(row)].emplace_back(std::move(program), row.times);
    rows.push_back(std::move(row));
  }
  rows = merged(std::move(rows));
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.crossing.what != b.crossing.what ? a.crossing.what < b.crossing.what : a.times > b.times;
  });
  Html result;
  for (const Row& row : rows) result += table_row(row, programs[key_of(row)]);
  return result;
}

struct Node;

/// A program that a process became.
struct Start {
  std::string program;
  std::string argv0;
  std::vector<Row> crossed;
  std::vector<Node> children;
  bool leaks = false;  // it, or what came from it
  bool has_shim = true;
};

/// A process, or several that did the same.
struct Node {
  std::vector<int> pids;
  int parent = 0;
  std::vector<Start> starts;  // empty for one that only forked
  std::string key;
  bool leaks = false;
  bool is_cut_off = false;  // too deep below its parent to be shown there
};

/// The processes with their execs, each below the one that it came from.
class Forest {
 public:
  explicit Forest(const Report& report) {
    for (std::size_t exec = 0; exec < report.execs.size(); ++exec) add(report, exec);
    // What comes from a process comes later than it.
    nodes_.resize(processes_.size());
    for (std::size_t process = processes_.size(); process-- > 0;) build(report, process);
  }

  std::vector<Node> take_roots() {
    std::vector<Node> roots;
    // Those whose parent forked and started nothing belong together.
    std::map<int, std::size_t> forks;
    const int first = roots_.empty() ? 0 : nodes_[roots_[0]].parent;
    for (const std::size_t root : roots_) {
      Node& node = nodes_[root];
      if (node.parent == first || node.parent == 0 || node.is_cut_off) {
        roots.push_back(std::move(node));
        continue;
      }
      const auto [place, is_new] = forks.try_emplace(node.parent, roots.size());
      if (is_new) {
        Node fork;
        fork.pids = {node.parent};
        fork.starts.emplace_back();
        roots.push_back(std::move(fork));
      }
      Node& fork = roots[place->second];
      fork.starts[0].leaks = fork.starts[0].leaks || node.leaks;
      fork.starts[0].children.push_back(std::move(node));
    }
    for (Node& root : roots)
      if (root.key.empty()) {
        alike(root.starts[0].children);
        root.key = "fork";
        for (const Node& child : root.starts[0].children) root.key += " " + child.key;
      }
    alike(roots);
    return roots;
  }

 private:
  struct Process {
    std::vector<std::size_t> execs;
    std::vector<std::vector<std::size_t>> children;  // of each exec
    unsigned depth = 0;
    bool is_cut_off = false;
  };

  // Browsers stop nesting somewhere.
  static constexpr unsigned deepest = 60;

  void add(const Report& report, std::size_t index) {
    const Exec& exec = report.execs[index];
    const auto own = latest_.find(exec.pid);
    // A number may have been used again, by a child of another.
    if (exec.pid != 0 && own != latest_.end() && report.execs[processes_[own->second].execs[0]].ppid == exec.ppid) {
      processes_[own->second].execs.push_back(index);
      processes_[own->second].children.emplace_back();
      return;
    }
    const std::size_t process = processes_.size();
    processes_.push_back({{index}, {{}}, 0, false});
    const auto parent = exec.ppid == 0 ? latest_.end() : latest_.find(exec.ppid);
    const unsigned depth = parent == latest_.end() ? 0 : processes_[parent->second].depth + 1;
    processes_[process].is_cut_off = depth > deepest;
    if (depth == 0 || depth > deepest) {
      roots_.push_back(process);
    } else {
      processes_[process].depth = depth;
      processes_[parent->second].children.back().push_back(process);
    }
    if (exec.pid != 0) latest_[exec.pid] = process;
  }

  void build(const Report& report, std::size_t index) {
    const Process& process = processes_[index];
    Node& node = nodes_[index];
    const Exec& first = report.execs[process.execs[0]];
    node.pids = {first.pid};
    node.parent = first.ppid;
    node.is_cut_off = process.is_cut_off;
    for (std::size_t i = 0; i < process.execs.size(); ++i) {
      const Exec& exec = report.execs[process.execs[i]];
      Start start{exec.program, exec.argv0, {}, {}, false, exec.has_shim};
      for (const Crossing& crossing : exec.fds) start.crossed.push_back(row_of(exec, crossing));
      start.crossed = merged(std::move(start.crossed));
      for (const std::size_t child : process.children[i]) start.children.push_back(std::move(nodes_[child]));
      alike(start.children);
      std::string key = fmt::format("{}\n{}\n{}\n", exec.program, exec.argv0, exec.has_shim);
      for (const Row& row : start.crossed) {
        key += key_of(row) + "\n";
        start.leaks = start.leaks || row.crossing.what == Class::leak;
      }
      for (const Node& child : start.children) {
        key += child.key + " ";
        start.leaks = start.leaks || child.leaks;
      }
      node.leaks = node.leaks || start.leaks;
      node.key += fmt::format("{} ", short_keys_.try_emplace(key, short_keys_.size()).first->second);
      node.starts.push_back(std::move(start));
    }
    node.key = std::to_string(short_keys_.try_emplace("process " + node.key, short_keys_.size()).first->second);
  }

  /// Makes one of those that are alike, in an order that does not depend on which came first.
  static void alike(std::vector<Node>& nodes) {
    std::vector<Node> result;
    std::unordered_map<std::string, std::size_t> places;
    for (Node& node : nodes) {
      const auto [place, is_new] = places.try_emplace(node.key, result.size());
      if (is_new)
        result.push_back(std::move(node));
      else
        join(result[place->second], std::move(node));
    }
    nodes = std::move(result);
  }

  static void join(Node& node, Node other) {
    node.pids.insert(node.pids.end(), other.pids.begin(), other.pids.end());
    for (std::size_t i = 0; i < node.starts.size(); ++i) {
      Start& start = node.starts[i];
      for (std::size_t row = 0; row < start.crossed.size(); ++row)
        merge(start.crossed[row], other.starts[i].crossed[row]);
      for (std::size_t child = 0; child < start.children.size(); ++child)
        join(start.children[child], std::move(other.starts[i].children[child]));
    }
  }

  std::vector<Process> processes_;
  std::vector<Node> nodes_;
  std::vector<std::size_t> roots_;
  std::unordered_map<int, std::size_t> latest_;
  std::unordered_map<std::string, std::size_t> short_keys_;
};

Html crossed_item(const Row& row) {
  const Crossing& crossing = row.crossing;
  std::string made = maker_of(row);
  if (const std::string moment = moment_of(row); !moment.empty()) made += ", " + moment;
  if (const std::string reason = reason_of(crossing); !reason.empty()) made += "; " + reason;
  return fmt::format(
      "<li data-class=\"{}\"><span>{}</span><b class=\"number\">{}</b><span class=\"mono\">{}</span>"
      "<span class=\"mono quiet\">{}</span></li>\n",
      name_of(crossing.what), badge(crossing.what, name_of(crossing.what)), crossing.fd,
      breakable(what_it_is(crossing)), breakable(made));
}

class TreeWriter {
 public:
  void write(const std::vector<Node>& nodes, unsigned depth) {
    for (const Node& node : nodes)
      for (std::size_t i = 0; i < node.starts.size(); ++i) write(node, i, depth);
  }

  Html take() { return std::move(html_); }

 private:
  void write(const Node& node, std::size_t place, unsigned depth) {
    const Start& start = node.starts[place];
    const bool is_plain = start.crossed.empty() && start.children.empty();
    html_ += "<li class=\"node\"";
    if (node.pids.size() > 1) html_ += fmt::format(" data-pids=\"{}\"", fmt::join(node.pids, " "));
    html_ += ">";
    // Few enough are open from the start.
    constexpr unsigned most_open = 400;
    const bool is_open = depth == 0 || (start.leaks && written_ < most_open);
    ++written_;
    html_ += is_plain ? "<div class=\"plain\">" : is_open ? "<details open><summary>" : "<details><summary>";
    write_head(node, place);
    html_ += is_plain ? "</div>" : "</summary>\n";
    if (!start.crossed.empty()) {
      html_ += "<ul class=\"crossed\">\n";
      for (const Row& row : start.crossed) html_ += crossed_item(row);
      html_ += "</ul>\n";
    }
    if (!start.children.empty()) {
      html_ += "<ul class=\"children\">\n";
      write(start.children, depth + 1);
      html_ += "</ul>\n";
    }
    html_ += is_plain ? "</li>\n" : "</details></li>\n";
  }

  void write_head(const Node& node, std::size_t place) {
    const Start& start = node.starts[place];
    if (place > 0) html_ += "<span class=\"pid\">then became</span> ";
    const bool is_fork = start.program.empty() && start.crossed.empty() && !start.children.empty();
    html_ += is_fork ? "<span>a fork that started nothing itself</span> "
                     : fmt::format("<b class=\"mono\">{}</b> ", escaped(base_or(start.program, "unknown")));
    if (node.pids.size() > 1) html_ += fmt::format("<span class=\"times\">×{}</span> ", node.pids.size());
    constexpr std::size_t most = 6;
    const auto end = node.pids.begin() + static_cast<std::ptrdiff_t>(std::min(node.pids.size(), most));
    html_ += fmt::format("<span class=\"pid\">pid {}{}</span> ", fmt::join(node.pids.begin(), end, ", "),
                         node.pids.size() > most ? ", …" : "");
    if (node.is_cut_off && place == 0) html_ += fmt::format("<span class=\"pid\">below pid {}</span> ", node.parent);
    std::array<std::size_t, classes.size()> counts{};
    for (const Row& row : start.crossed) ++counts[static_cast<std::size_t>(row.crossing.what)];
    for (const Class what : classes)
      if (const std::size_t count = counts[static_cast<std::size_t>(what)]; count > 0)
        html_ += badge(what, fmt::format("{} {}", count, name_of(what))) + " ";
    if (!start.has_shim) html_ += "<span class=\"unseen\">unseen: the shim could not enter it</span> ";
    if (!start.program.empty()) {
      std::string name = start.program;
      if (!start.argv0.empty() && start.argv0 != start.program && start.argv0 != base_of(start.program))
        name += " as " + start.argv0;
      html_ += fmt::format("<span class=\"pid mono\">{}</span>", breakable(name));
    }
  }

  Html html_;
  unsigned written_ = 0;
};

Html tile(std::size_t number, std::string_view what, std::string_view style = {}) {
  return fmt::format("<li{}><b>{}</b>{}</li>\n", style.empty() ? "" : fmt::format(" class=\"{}\"", style), number,
                     what);
}

Html toggles(const Report& report) {
  std::array<std::size_t, classes.size()> counts{};
  for (const Exec& exec : report.execs)
    for (const Crossing& crossing : exec.fds) ++counts[static_cast<std::size_t>(crossing.what)];
  Html result;
  for (const Class what : classes)
    result +=
        fmt::format("<button type=\"button\" class=\"{0}\" value=\"{0}\" aria-pressed=\"true\">{0} {1}</button>\n",
                    name_of(what), counts[static_cast<std::size_t>(what)]);
  return result;
}

/// The page, with each "<!--name-->" replaced by what is given for it.
Html filled(const std::map<std::string_view, Html>& parts) {
  constexpr std::string_view begin = "<!--";
  constexpr std::string_view end = "-->";
  Html result;
  std::string_view rest = page;
  for (std::size_t at = rest.find(begin); at != std::string_view::npos; at = rest.find(begin)) {
    result += rest.substr(0, at);
    rest.remove_prefix(at + begin.size());
    const std::size_t size = rest.find(end);
    result += parts.at(rest.substr(0, size));
    rest.remove_prefix(size + end.size());
  }
  return result.append(rest);
}

std::string headline(const Summary& summary) {
  if (summary.leaks > 0)
    return fmt::format("{} {} leaked across an exec", summary.leaks, summary.leaks == 1 ? "descriptor" : "descriptors");
  return summary.execs == 0 ? "No program was seen to start" : "Nothing leaked across an exec";
}

Html notes(const Report& report) {
  Html result;
  if (report.lost > 0)
    result += fmt::format(
        "<p class=\"note\"><strong>{} {} lost</strong>, for want of room or because they could not be read: "
        "descriptors "
        "may be missing here, or who made them. <code>--records</code> makes more room.</p>\n",
        report.lost, report.lost == 1 ? "record was" : "records were");
  const auto unseen =
      std::count_if(report.execs.begin(), report.execs.end(), [](const Exec& exec) { return !exec.has_shim; });
  if (unseen > 0)
    result += fmt::format(
        "<p class=\"note\"><strong>The shim could not enter {} {}</strong>, marked below: what {} started is not in "
        "here.</p>\n",
        unseen, unseen == 1 ? "program" : "programs", unseen == 1 ? "it" : "they");
  if (report.mode == "enforce")
    result += "<p class=\"note\">Close-on-exec was enforced meanwhile: this is what crossed all the same.</p>\n";
  return result;
}

}  // namespace

std::string as_html(const Report& report) {
  const Summary summary = summary_of(report);
  TreeWriter tree;
  tree.write(Forest(report).take_roots(), 0);
  const std::string command = report.command.empty() ? "" : std::string(base_of(report.command[0]));
  Html tiles = tile(summary.execs, summary.execs == 1 ? "program started" : "programs started") +
               tile(summary.crossed, summary.crossed == 1 ? "descriptor crossed" : "descriptors crossed") +
               tile(summary.leaks, "leaked", summary.leaks > 0 ? "bad" : "good");
  if (report.lost > 0) tiles += tile(report.lost, report.lost == 1 ? "record lost" : "records lost", "bad");
  return filled({{"title", escaped(fmt::format("{} – {}", headline(summary), command))},
                 {"headline", escaped(headline(summary))},
                 {"command", escaped(shell_command(report.command))},
                 {"tiles", tiles},
                 {"notes", notes(report)},
                 {"toggles", toggles(report)},
                 {"rows", table_rows(report)},
                 {"has-rows", summary.crossed > 0 ? " hidden" : ""},
                 {"tree", tree.take()},
                 {"has-processes", summary.execs > 0 ? " hidden" : ""},
                 {"version", CLOEXEC_VERSION}});
}

}  // namespace cloexec::cli
