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
#include <unordered_set>
#include <utility>

#include "cli/audit/frame_text.h"
#include "cli/audit/needs.h"
#include "cli/audit/report.h"
#include "cli/audit/rows.h"
#include "cli/audit/time_text.h"
#include "cli/audit/verdict.h"
#include "cli/message.h"
#include "cli/text/characters.h"
#include "cli/text/markup.h"

namespace cloexec::cli {
namespace {

constexpr std::string_view page =
#include "cli/audit/page.html"
    ;

using Html = std::string;

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

/// A long list is not all shown: who reads it wants to know what it is a list of.
constexpr std::size_t longest_list = 50;

Html list_of(std::size_t count, std::string_view what, auto write) {
  Html list;
  for (std::size_t i = 0; i < std::min(count, longest_list); ++i) list += fmt::format("<li>{}</li>", write(i));
  if (count > longest_list) list += fmt::format("<li class=\"quiet\">and {} more</li>", count - longest_list);
  list = fmt::format("<ul>{}</ul>", list);
  constexpr std::size_t most = 4;
  return count <= most ? list : fmt::format("<details><summary>{} {}</summary>{}</details>", count, what, list);
}

/// The programs that it crossed into, and how often.
Html programs_cell(const Row& row) {
  std::vector<std::pair<std::string, std::size_t>> programs(row.programs.begin(), row.programs.end());
  std::stable_sort(programs.begin(), programs.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (programs.size() == 1) return mono(base_or(programs[0].first, "unknown")) + quiet(programs[0].first);
  return list_of(programs.size(), "programs", [&](std::size_t i) {
    const auto& [program, times] = programs[i];
    return fmt::format("{} × {}", times, mono(program.empty() ? "unknown" : program));
  });
}

/// What it is; what it stands for, folded.
Html object_cell(const Row& row) {
  if (row.examples.size() <= 1) return mono(what_it_is(row));
  static_assert(longest_list <= most_examples);
  // Fewer are all there are: what differs in its number alone reads the same.
  const std::size_t count = row.examples.size() < most_examples ? row.examples.size() : row.alike();
  return mono(what_it_is(row)) + list_of(count, "different", [&](std::size_t i) { return mono(row.examples[i]); });
}

/// The function and its line, behind it by which function of libc, and in which object and thread; the calls before it
/// fold out.
Html call_cell(const Row& row) {
  const Creation& created = row.crossing.created;
  const bool has_function = !created.stack.empty() && is_known(created.stack.front());
  const std::string first = has_function ? brief_text_of(created.stack.front()) : created.call;
  std::string details =
      has_function ? fmt::format("{} by {}", place_of_call(created), created.call) : place_of_call(created);
  if (const std::string moment = moment_of(row); !moment.empty()) details += (details.empty() ? "" : ", ") + moment;
  Html cell = mono(first) + quiet(details);
  const std::vector<std::string> callers = callers_of(created);
  if (callers.empty()) return cell;
  Html list;
  for (const std::string& caller : callers) list += fmt::format("<li>{}</li>", mono(caller));
  return cell + fmt::format("<details><summary>{} calls before</summary><ul>{}</ul></details>", callers.size(), list);
}

/// A rule may be long, and many rows have the same: it folds out.
Html reason_cell(const Crossing& crossing) {
  const std::string reason = reason_of(crossing);
  constexpr std::size_t longest = 40;
  if (reason.size() <= longest) return quiet(reason);
  return fmt::format("<details><summary class=\"quiet\">{}</summary>{}</details>",
                     breakable(cut_in_middle(reason, longest)), quiet(reason));
}

Html table_row(const Row& row) {
  const Crossing& crossing = row.crossing;
  const Creation& created = crossing.created;
  const bool is_known = !created.call.empty() || !created.program.empty();
  const Html maker =
      is_known ? mono(base_or(created.program, "unknown")) + quiet(created.program) : quiet(maker_of(row));
  // Where there is no room for columns each cell says what it is.
  return fmt::format(
      "<tr data-class=\"{}\"><td data-key=\"{}\" class=\"verdict\">{}{}</td>"
      "<td class=\"number\" data-label=\"Times\">{}</td><td data-key=\"{}\" class=\"number\" data-label=\"FD\">{}</td>"
      "<td class=\"what\" data-label=\"What it is\">{}</td><td class=\"path\" data-label=\"Made by\">{}</td>"
      "<td class=\"path\" data-label=\"Call\">{}</td><td class=\"path\" data-label=\"Into\">{}</td></tr>\n",
      name_of(crossing.what), static_cast<int>(crossing.what), badge(crossing.what, name_of(crossing.what)),
      reason_cell(crossing), row.times, crossing.fd, numbers_of(row), object_cell(row), maker, call_cell(row),
      programs_cell(row));
}

Html table_rows(const Report& report) {
  Rows all;
  for (const Exec& exec : report.execs) all.add(exec);
  std::vector<Row> rows = all.take();
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.crossing.what != b.crossing.what ? a.crossing.what < b.crossing.what : a.times > b.times;
  });
  Html result;
  for (const Row& row : rows) result += table_row(row);
  return result;
}

struct Node;

/// A program that a process became.
struct Start {
  std::string program;  // what they have in common, where several have become different ones
  std::string argv0;
  std::unordered_set<std::string> programs;  // of those several
  std::vector<Row> crossed;
  std::vector<Node> children;
  bool leaks = false;  // it, or what came from it
  bool has_shim = true;
  bool is_watched = false;
  std::string obstacle;
  std::string command;  // what it was started with
  std::int64_t time = 0;
};

/// A process, or several that did the same.
struct Node {
  std::vector<int> pids;
  int parent = 0;
  std::vector<Start> starts;  // empty for one that only forked
  std::string key;
  std::string sites_key;  // the same for what differs in numbers and targets alone
  std::string shape_key;  // the same for what differs in programs, too
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
        for (std::string Node::*key : {&Node::key, &Node::sites_key, &Node::shape_key}) {
          root.*key = "fork";
          for (const Node& child : root.starts[0].children) (root.*key).append(" ").append(child.*key);
        }
      }
    alike(roots);
    return roots;
  }

 private:
  struct Process {
    std::vector<std::size_t> execs;
    std::vector<std::vector<std::size_t>> children;  // of each exec
    unsigned depth = 0;                              // 0: it is a root
    bool is_cut_off = false;
    std::size_t parent = 0;  // the process and which of its execs it comes from
    std::size_t parents_exec = 0;
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
    processes_.push_back({{index}, {{}}});
    const auto parent = exec.ppid == 0 ? latest_.end() : latest_.find(exec.ppid);
    const unsigned depth = parent == latest_.end() ? 0 : processes_[parent->second].depth + 1;
    processes_[process].is_cut_off = depth > deepest;
    if (depth == 0 || depth > deepest) {
      roots_.push_back(process);
    } else {
      Process& above = processes_[parent->second];
      processes_[process].depth = depth;
      processes_[process].parent = parent->second;
      processes_[process].parents_exec = above.children.size() - 1;
      above.children.back().push_back(process);
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
      Start start{exec.program,
                  exec.argv0,
                  {},
                  {},
                  {},
                  false,
                  exec.has_shim || report.mode == "system",
                  exec.is_watched,
                  exec.obstacle,
                  shell_command(exec.argv),
                  exec.time};
      Rows rows;
      rows.add(exec);
      start.crossed = rows.take();
      for (const std::size_t child : process.children[i])
        if (!nodes_[child].pids.empty()) start.children.push_back(std::move(nodes_[child]));
      alike(start.children);
      std::string shape = fmt::format("{}{}\n", exec.has_shim, exec.is_watched);
      std::string key = fmt::format("{}\n{}\n{}", exec.program, exec.argv0, shape);
      std::string sites = key;
      for (const Row& row : start.crossed) {
        key += key_of(row) + "\n";
        sites += site_of(row) + "\n";
        shape += site_of(row) + "\n";
        start.leaks = start.leaks || row.crossing.what == Class::leak;
      }
      for (const Node& child : start.children) {
        key += child.key + " ";
        sites += child.sites_key + " ";
        shape += child.shape_key + " ";
        start.leaks = start.leaks || child.leaks;
      }
      node.leaks = node.leaks || start.leaks;
      node.key += short_key(key) + " ";
      node.sites_key += short_key("sites " + sites) + " ";
      node.shape_key += short_key("shape " + shape) + " ";
      node.starts.push_back(std::move(start));
    }
    for (std::string* key : {&node.key, &node.sites_key, &node.shape_key}) *key = short_key("process " + *key);
    if (process.depth > 0) join_sibling(process, index);
  }

  /// What is the same under one parent is not kept twice.
  void join_sibling(const Process& process, std::size_t index) {
    Node& node = nodes_[index];
    const auto [place, is_new] =
        siblings_.try_emplace(fmt::format("{} {} {}", process.parent, process.parents_exec, node.key), index);
    if (is_new) return;
    Node all = std::exchange(nodes_[place->second], {});
    join(all, std::move(node));
    node = std::move(all);
    place->second = index;
  }

  std::string short_key(const std::string& key) {
    return std::to_string(short_keys_.try_emplace(key, short_keys_.size()).first->second);
  }

  /// Makes one of those that are alike, in an order that does not depend on which came first.
  static void alike(std::vector<Node>& nodes) {
    unite(nodes, &Node::key, 0);
    // Few enough are read one by one.
    constexpr std::size_t most = 12;
    unite(nodes, &Node::sites_key, most);
    unite(nodes, &Node::shape_key, most);
  }

  /// Those of the same key, where there are more than `most`.
  static void unite(std::vector<Node>& nodes, std::string Node::*key, std::size_t most) {
    std::unordered_map<std::string, std::size_t> counts;
    for (const Node& node : nodes) ++counts[node.*key];
    std::vector<Node> result;
    std::unordered_map<std::string, std::size_t> places;
    for (Node& node : nodes) {
      const std::string text = node.*key;
      if (counts[text] <= most) {
        result.push_back(std::move(node));
        continue;
      }
      const auto [place, is_new] = places.try_emplace(text, result.size());
      if (is_new) {
        result.push_back(std::move(node));
        // Another parent may have others of the same.
        if (most > 0) result.back().key = "several " + text;
      } else {
        join(result[place->second], std::move(node));
      }
    }
    nodes = std::move(result);
  }

  static void join(Node& node, Node other) {
    node.pids.insert(node.pids.end(), other.pids.begin(), other.pids.end());
    for (std::size_t i = 0; i < node.starts.size(); ++i) {
      Start& start = node.starts[i];
      Start& another = other.starts[i];
      join_programs(start, another);
      for (std::size_t row = 0; row < start.crossed.size(); ++row) merge(start.crossed[row], another.crossed[row]);
      for (std::size_t child = 0; child < start.children.size(); ++child)
        join(start.children[child], std::move(another.children[child]));
    }
  }

  static void join_programs(Start& start, Start& other) {
    if (start.program == other.program && start.programs.empty() && other.programs.empty()) return;
    for (Start* one : {&start, &other})
      if (one->programs.empty()) one->programs.insert(one->program);
    start.programs.merge(other.programs);
    start.program = common_pattern(start.program, other.program);
    start.argv0.clear();
  }

  std::vector<Process> processes_;
  std::vector<Node> nodes_;
  std::vector<std::size_t> roots_;
  std::unordered_map<int, std::size_t> latest_;
  std::unordered_map<std::string, std::size_t> short_keys_;
  std::unordered_map<std::string, std::size_t> siblings_;
};

Html crossed_item(const Row& row) {
  const Crossing& crossing = row.crossing;
  std::string made = maker_of(row);
  if (const std::string moment = moment_of(row); !moment.empty()) made += ", " + moment;
  if (const std::string reason = reason_of(crossing); !reason.empty()) made += "; " + reason;
  return fmt::format(
      "<li data-class=\"{}\"><span>{}</span><b class=\"number\">{}</b><span class=\"mono\">{}</span>"
      "<span class=\"mono quiet\">{}</span></li>\n",
      name_of(crossing.what), badge(crossing.what, name_of(crossing.what)), numbers_of(row), breakable(what_it_is(row)),
      breakable(made));
}

std::vector<int> lowest(std::vector<int> pids, std::size_t most) {
  std::sort(pids.begin(), pids.end());
  pids.resize(std::min(pids.size(), most));
  return pids;
}

class TreeWriter {
 public:
  void write(const std::vector<Node>& nodes, unsigned depth) {
    for (std::size_t place = 0; place < nodes.size(); ++place) {
      if (written_ >= most_written) {
        html_ += fmt::format("<li class=\"quiet\">and {} more, which JSON has</li>\n", nodes.size() - place);
        return;
      }
      const Node& node = nodes[place];
      for (std::size_t i = 0; i < node.starts.size(); ++i) write(node, i, depth);
    }
  }

  Html take() { return std::move(html_); }

 private:
  void write(const Node& node, std::size_t place, unsigned depth) {
    const Start& start = node.starts[place];
    const bool is_plain = start.crossed.empty() && start.children.empty();
    html_ += "<li class=\"node\"";
    // To be found by.
    constexpr std::size_t most_pids = 2000;
    if (node.pids.size() > 1) html_ += fmt::format(" data-pids=\"{}\"", fmt::join(lowest(node.pids, most_pids), " "));
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
    if (start.programs.size() > 1)
      html_ += fmt::format("<span class=\"pid\">{} programs</span> ", start.programs.size());
    if (node.pids.size() > 1) html_ += fmt::format("<span class=\"times\">×{}</span> ", node.pids.size());
    constexpr std::size_t most = 6;
    const bool is_one = node.pids.size() == 1;
    html_ += fmt::format("<span class=\"pid\"{}>pid {}{}</span> ",
                         is_one && start.time > 0 ? fmt::format(" title=\"started {}\"", time_text(start.time)) : "",
                         fmt::join(lowest(node.pids, most), ", "), node.pids.size() > most ? ", …" : "");
    if (node.is_cut_off && place == 0) html_ += fmt::format("<span class=\"pid\">below pid {}</span> ", node.parent);
    std::array<std::size_t, classes.size()> counts{};
    for (const Row& row : start.crossed) ++counts[static_cast<std::size_t>(row.crossing.what)];
    for (const Class what : classes)
      if (const std::size_t count = counts[static_cast<std::size_t>(what)]; count > 0)
        html_ += badge(what, fmt::format("{} {}", count, name_of(what))) + " ";
    if (!start.has_shim) {
      const std::string_view why = words_for_obstacle(start.obstacle);
      html_ += fmt::format("<span class=\"{}: {}</span> ", start.is_watched ? "pid\">from outside" : "unseen\">unseen",
                           why.empty() ? "the shim could not enter it" : why);
    }
    if (!start.program.empty()) {
      std::string name = start.program;
      if (!start.argv0.empty() && start.argv0 != start.program && start.argv0 != base_of(start.program))
        name += " as " + start.argv0;
      html_ += fmt::format("<span class=\"pid mono\">{}</span>", breakable(name));
      // Of several alike it is not what all were started with.
      if (is_one && start.command.find(' ') != std::string::npos)
        html_ += fmt::format("<span class=\"pid mono command-line\">{}</span>", breakable(start.command));
    }
  }

  // Browsers open a page of so many within a second.
  static constexpr unsigned most_written = 3000;

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

std::string headline(const Report& report, const Summary& summary) {
  if (summary.leaks > 0)
    return summary.leaks == 1 ? "Leaked once"
                              : fmt::format("Leaked {} times, {} distinct", summary.leaks, summary.distinct);
  if (summary.execs == 0) return "No program was seen to start";
  return is_whole(report) ? "Nothing leaked across an exec" : "No leak was seen, but not everything was seen";
}

Html notes(const Report& report, const Summary& summary) {
  Html result;
  if (report.lost > 0)
    result += fmt::format(
        "<p class=\"note\"><strong>{} {} lost</strong>, for want of room or because they could not be read: "
        "descriptors "
        "may be missing here, or who made them. <code>--records</code> makes more room.</p>\n",
        report.lost, report.lost == 1 ? "record was" : "records were");
  const std::size_t unseen = summary.unseen;
  if (unseen > 0)
    result += fmt::format(
        "<p class=\"note\"><strong>The shim could not enter {} {}</strong>, marked below: what {} did and started is "
        "not in here.</p>\n",
        unseen, unseen == 1 ? "program" : "programs", unseen == 1 ? "it" : "they");
  if (summary.watched > 0 && report.mode != "system")
    result += fmt::format(
        "<p class=\"note\"><strong>The shim could not enter {}</strong>, marked below: what {} got was seen from "
        "outside, who made it was not.</p>\n",
        counted(summary.watched, "program", "programs"), summary.watched == 1 ? "it" : "they");
  if (report.mode == "enforce")
    result += fmt::format(
        "<p class=\"note\">Close-on-exec was enforced meanwhile: this is what crossed all the same, and {} that {} "
        "withheld.</p>\n",
        counted(summary.withheld, "descriptor", "descriptors"), summary.withheld == 1 ? "was" : "were");
  for (const Need& need : needs_of(report)) {
    const std::string& rule = need.crossing.remedy;
    result += fmt::format(
        "<p class=\"note\"><strong>Needed:</strong> {}. {}</p>\n", breakable(text_of(need)),
        rule.empty() ? "No rule can give it." : fmt::format("This rule gives it: <code>{}</code>", breakable(rule)));
  }
  return result;
}

}  // namespace

std::string as_html(const Report& report) {
  const Summary summary = summary_of(report);
  TreeWriter tree;
  tree.write(Forest(report).take_roots(), 0);
  const std::string command = report.command.empty() ? "" : std::string(base_of(report.command[0]));
  Html tiles =
      tile(summary.execs, summary.execs == 1 ? "program started" : "programs started") +
      tile(summary.crossed, summary.crossed == 1 ? "descriptor crossed" : "descriptors crossed") +
      tile(summary.leaks, summary.leaks > 1 ? fmt::format("times leaked, {} distinct", summary.distinct) : "leaked",
           summary.leaks > 0 ? "bad" : "good");
  if (report.lost > 0) tiles += tile(report.lost, report.lost == 1 ? "record lost" : "records lost", "bad");
  return filled({{"title", escaped(fmt::format("{} – {}", headline(report, summary), command))},
                 {"headline", escaped(headline(report, summary))},
                 {"command", escaped(shell_command(report.command))},
                 {"tiles", tiles},
                 {"notes", notes(report, summary)},
                 {"toggles", toggles(report)},
                 {"rows", table_rows(report)},
                 {"has-rows", summary.crossed > 0 ? " hidden" : ""},
                 {"tree", tree.take()},
                 {"has-processes", summary.execs > 0 ? " hidden" : ""},
                 {"version", CLOEXEC_VERSION}});
}

}  // namespace cloexec::cli
