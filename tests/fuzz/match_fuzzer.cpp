// SPDX-License-Identifier: Apache-2.0
//
// The matcher on any rules and any facts. The input is lines: a policy (rules separated by ';'), the number, the path,
// the module, the target, the program's names separated by ':', arguments and variables, each with tabs between them.
// Globs are compared with a matcher that was written another way, and with fnmatch(3) where the two mean the same.

#include <fnmatch.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/announced.h"
#include "policy/parse.h"
#include "policy/policy.h"
#include "target.h"

using namespace cloexec;

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

struct Facts {
  int number;
  std::string_view written;
  std::string_view object;
  std::string_view started;
  bool forked;
  bool made;
  bool told;

  int fd() const { return number; }
  std::string_view path() const { return written; }
  std::string_view module() const { return object; }
  std::string_view target() const { return started; }
  bool is_child() const { return forked; }
  bool is_own() const { return made; }
  bool is_announced() const { return told; }
};

/// One element of a glob: what it takes, and how long it is.
struct Element {
  bool takes[256] = {};
  std::size_t size = 1;
};

Element element_at(std::string_view glob) {
  Element element;
  const auto take = [&](char c) { element.takes[static_cast<unsigned char>(c)] = true; };
  const bool is_negated = glob.size() > 1 && glob[1] == '!';
  const std::size_t first = is_negated ? 2 : 1;
  const std::size_t close = glob[0] == '[' && first < glob.size() ? glob.find(']', first + 1) : std::string_view::npos;
  if (glob[0] == '?') {
    std::fill_n(element.takes, 256, true);
  } else if (glob[0] == '\\' && glob.size() > 1) {
    take(glob[1]);
    element.size = 2;
  } else if (close == std::string_view::npos) {
    take(glob[0]);
  } else {
    for (std::size_t i = first; i < close; ++i)
      if (i + 2 < close && glob[i + 1] == '-') {
        for (int c = glob[i]; c <= glob[i + 2]; ++c)  // NOLINT(bugprone-signed-char-misuse): as globs compare them
          take(static_cast<char>(c));
        i += 2;
      } else {
        take(glob[i]);
      }
    for (bool& takes : element.takes) takes = takes != is_negated;
    element.size = close + 1;
  }
  return element;
}

/// Element by element, with all places of the text that are reached so far.
bool matches_simply(std::string_view glob, std::string_view text) {
  std::vector<bool> reached(text.size() + 1);
  reached[0] = true;
  while (!glob.empty()) {
    std::vector<bool> next(text.size() + 1);
    if (glob[0] == '*') {
      const auto begin = std::find(reached.begin(), reached.end(), true);
      std::fill(next.begin() + (begin - reached.begin()), next.end(), true);
      glob.remove_prefix(1);
    } else {
      const Element element = element_at(glob);
      for (std::size_t i = 0; i < text.size(); ++i)
        next[i + 1] = reached[i] && element.takes[static_cast<unsigned char>(text[i])];
      glob.remove_prefix(element.size);
    }
    reached = next;
  }
  return reached.back();
}

void compare_globs(const std::string& glob, const std::string& text) {
  const bool matches = matches_glob(glob, text);
  REQUIRE(matches == matches_simply(glob, text));
  // fnmatch knows character classes, sees characters of several bytes, and refuses a '\' at the end.
  const bool is_plain = (glob + text).find('\0') == std::string::npos && glob.find('[') == std::string::npos &&
                        (glob.empty() || glob.back() != '\\');
  if (is_plain) REQUIRE(matches == (fnmatch(glob.c_str(), text.c_str(), 0) == 0));
}

void require_consistent(std::span<const RuleSet> sets, Call call, Facts facts) {
  const Decision known = decide(sets, call, facts);
  REQUIRE(known.verdict != Verdict::depends);
  REQUIRE((known.rule == nullptr) == (known.set == nullptr));
  if (known.rule != nullptr) {
    REQUIRE(known.rule->calls.contains(call));
    REQUIRE((known.rule->action == Action::exempt) == (known.verdict == Verdict::exempt));
  } else {
    REQUIRE(known.verdict == Verdict::force);
  }
  // What does not depend on the number is the same when the number is known.
  facts.number = -1;
  const Decision unknown = decide(sets, call, facts);
  if (unknown.verdict != Verdict::depends) REQUIRE(unknown.rule == known.rule);
}

void decide_all(const std::string& policy, const std::vector<std::string>& programs, Facts facts) {
  const std::vector<std::string_view> names(programs.begin(), programs.end());
  std::vector<Rule> rules;
  parse_policy(
      policy,
      [&](const Rule& rule) {
        for (const std::string& program : programs)
          for (const std::string& glob : split(rule.value(Key::program).of(policy), ',')) compare_globs(glob, program);
        compare_globs(std::string(rule.value(Key::path).of(policy)), std::string(facts.written));
        compare_globs(std::string(rule.value(Key::module).of(policy)), std::string(facts.object));
        if (concerns(rule, policy, names)) rules.push_back(rule);
      },
      [](const Complaint&) {});
  const std::span<const Rule> all(rules);
  const RuleSet sets[] = {{"first", policy, all.first(all.size() / 2)}, {"last", policy, all.subspan(all.size() / 2)}};
  for (unsigned call = 0; call < call_count; ++call)
    for (int i = 0; i < 8; ++i) {
      facts.forked = (i & 1) != 0;
      facts.told = (i & 2) != 0;
      facts.made = (i & 4) != 0;
      require_consistent(sets, static_cast<Call>(call), facts);
    }
}

/// Strings in memory of exactly their size, so that a byte too far is seen, and the array of them that exec takes.
class Strings {
 public:
  explicit Strings(std::string_view text) {
    for (const std::string& word : split(text, '\t')) {
      owned_.push_back(std::make_unique<char[]>(word.size() + 1));
      std::copy_n(word.c_str(), word.size() + 1, owned_.back().get());
    }
    array_ = std::make_unique<const char*[]>(owned_.size() + 1);
    std::transform(owned_.begin(), owned_.end(), array_.get(), [](const auto& word) { return word.get(); });
  }

  const char* const* get() const { return array_.get(); }
  bool has(std::string_view word) const {
    return std::any_of(owned_.begin(), owned_.end(), [&](const auto& owned) { return owned.get() == word.data(); });
  }

 private:
  std::vector<std::unique_ptr<char[]>> owned_;
  std::unique_ptr<const char*[]> array_;
};

/// A number that is told stands in the word that tells it, or in the argument behind that.
void require_told(const Announcement& told, const Strings& arguments, const Strings& environment) {
  REQUIRE(told.first >= 0 && told.last >= told.first);
  REQUIRE(arguments.has(told.by) != environment.has(told.by));
  REQUIRE(told.behind.empty() || (arguments.has(told.by) && arguments.has(told.behind)));
  REQUIRE(environment.has(told.by) || told.by.find(' ') == std::string_view::npos);
  const std::string_view text = told.behind.empty() ? told.by : told.behind;
  const bool is_count = told.by.find("preserve-fds") != std::string_view::npos || told.by.starts_with("LISTEN_FDS=");
  REQUIRE(is_count || (told.first == told.last && text.find(std::to_string(told.first)) != std::string_view::npos));
  REQUIRE(!is_count || told.first == 3 || told.first == told.last);
  REQUIRE(arguments.has(told.by) || !told.by.starts_with("HTTP_"));
}

void announce(std::string_view target, std::string_view words, std::string_view variables, bool is_old_if_odd) {
  const Strings arguments(words);
  const Strings environment(variables);
  int found = 0;
  each_announcement(
      target, arguments.get(), environment.get(),
      [&](const char* entry) { return !is_old_if_odd || std::string_view(entry).size() % 2 == 0; },
      [&](const Announcement& told) {
        ++found;
        require_told(told, arguments, environment);
        REQUIRE(told.by.data() != arguments.get()[0]);
      });
  const bool is_for_gateway =
      variables.starts_with("GATEWAY_INTERFACE=") || variables.find("\tGATEWAY_INTERFACE=") != std::string_view::npos;
  REQUIRE(found == 0 || !is_for_gateway);
}

int number_in(const std::string& text) {
  std::size_t at = 0;
  return std::max(0, detail::read_number(text, at));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A few KiB hold everything; more is only slow.
  if (size > 4096) return 0;
  std::vector<std::string> lines = split({reinterpret_cast<const char*>(data), size}, '\n');
  lines.resize(8);
  const int number = number_in(lines[1]);
  decide_all(lines[0], split(lines[5], ':'), {number, lines[2], lines[3], lines[4], false, false, false});
  compare_globs(lines[6], lines[7]);
  for (const bool is_old_if_odd : {false, true}) announce(lines[4], lines[6], lines[7], is_old_if_odd);
  return 0;
}
