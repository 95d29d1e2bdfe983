// SPDX-License-Identifier: Apache-2.0
//
// The policy language: what it accepts, where it says that something is wrong, and what a rule says of a call.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "policy/decide.h"
#include "policy/parse.h"

namespace cloexec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Parsed {
  std::string text;
  std::vector<Rule> rules;
  std::vector<std::string> complaints;
};

Parsed parse(std::string text) {
  Parsed parsed{std::move(text), {}, {}};
  parse_policy(
      parsed.text, [&](const Rule& rule) { parsed.rules.push_back(rule); },
      [&](const Complaint& complaint) {
        std::string said = std::to_string(complaint.line) + ":" + std::to_string(complaint.column) + ": ";
        complaint.say([&](std::string_view part) { said += part; });
        parsed.complaints.push_back(said);
      });
  return parsed;
}

struct Call1 {
  int number = -1;
  std::string_view written = {};
  std::string_view object = {};
  bool forked = false;
  std::string_view started = {};
  bool told = false;
  bool made = false;

  int fd() const { return number; }
  std::string_view path() const { return written; }
  std::string_view module() const { return object; }
  bool is_child() const { return forked; }
  std::string_view target() const { return started; }
  bool is_own() const { return made; }
  bool is_announced() const { return told; }
};

TEST(Parse, TakesRulesCommentsAndSeparators) {
  const Parsed parsed = parse("# all of it\nexempt dup2 when=child # plumbing\n\n  force fopen,socket; exempt\n;;\n");
  EXPECT_THAT(parsed.complaints, IsEmpty());
  ASSERT_EQ(parsed.rules.size(), 3U);
  EXPECT_EQ(parsed.rules[0].text.of(parsed.text), "exempt dup2 when=child");
  EXPECT_EQ(parsed.rules[0].line, 2U);
  EXPECT_EQ(parsed.rules[0].when, When::child);
  EXPECT_TRUE(parsed.rules[0].calls.contains(Call::dup3));
  EXPECT_FALSE(parsed.rules[0].calls.contains(Call::dup));
  EXPECT_EQ(parsed.rules[1].action, Action::force);
  EXPECT_TRUE(parsed.rules[1].calls.contains(Call::fopen));
  EXPECT_FALSE(parsed.rules[1].calls.contains(Call::fopen64));
  EXPECT_TRUE(parsed.rules[1].calls.contains(Call::socketpair));
  EXPECT_TRUE(parsed.rules[2].calls.contains(Call::syscall));
  EXPECT_EQ(parsed.rules[2].line, 4U);
}

TEST(Parse, KeepsQuotedValuesTogether) {
  const Parsed parsed = parse("exempt open path=\"/a b;c#d\" module=x*");
  EXPECT_THAT(parsed.complaints, IsEmpty());
  ASSERT_EQ(parsed.rules.size(), 1U);
  EXPECT_EQ(parsed.rules[0].value(Key::path).of(parsed.text), "/a b;c#d");
  EXPECT_EQ(parsed.rules[0].value(Key::module).of(parsed.text), "x*");
}

TEST(Parse, NamesThePlaceAndTheWayOut) {
  EXPECT_THAT(parse("exempt opne").complaints, ElementsAre("1:8: unknown call 'opne', did you mean 'open'?"));
  EXPECT_THAT(parse("exempt fopen,soket").complaints,
              ElementsAre("1:14: unknown call 'soket', did you mean 'socket'?"));
  EXPECT_THAT(parse("\nexemt").complaints,
              ElementsAre("2:1: a rule begins with 'exempt' or 'force', not 'exemt', did you mean 'exempt'?"));
  EXPECT_THAT(parse("force open pth=/x").complaints, ElementsAre("1:12: unknown key 'pth', did you mean 'path'?"));
  EXPECT_THAT(parse("force open when=later").complaints, ElementsAre("1:17: 'when' is child or parent, not 'later'"));
  EXPECT_THAT(parse("force open fd=3,x").complaints,
              ElementsAre("1:17: not a descriptor number or a range such as 5-7"));
  EXPECT_THAT(parse("force open fd=").complaints, ElementsAre("1:15: no value for 'fd'"));
  EXPECT_THAT(parse("force open fd=3 fd=4").complaints, ElementsAre("1:17: given twice: 'fd'"));
  EXPECT_THAT(parse("force open fd=3 loose").complaints, ElementsAre("1:17: expected key=value, not 'loose'"));
  EXPECT_THAT(parse("force open path=\"/x").complaints, ElementsAre("1:12: a quote is not closed: 'path=\"/x'"));
}

TEST(Parse, MeansNothingByWordsThatAreTooLongOrTooFar) {
  EXPECT_EQ(edit_distance("open", "opne"), 1U);
  EXPECT_EQ(edit_distance("", "open"), 4U);
  // Both ways round: no call is as long as that.
  EXPECT_EQ(edit_distance(std::string(32, 'o'), std::string(31, 'o')), 31U);
  EXPECT_EQ(edit_distance(std::string(31, 'o'), std::string(32, 'o')), 31U);
  const std::string name(40, 'o');
  EXPECT_THAT(parse("exempt " + name).complaints, ElementsAre("1:8: unknown call '" + name + "'"));
}

TEST(Names, AreFoundByPlaceAndEndThere) {
  constexpr const char* names = "one\0two\0";
  EXPECT_EQ(nth_name(names, 0), "one");
  EXPECT_EQ(nth_name(names, 1), "two");
  EXPECT_EQ(nth_name(names, 2), "");
  EXPECT_EQ(nth_name(names, 7), "");
  EXPECT_EQ(place_of(names, "two"), 1);
  EXPECT_EQ(place_of(names, "tw"), -1);
}

TEST(Parse, DropsOneBadRuleAndKeepsTheRest) {
  const Parsed parsed = parse("exempt nonsense; exempt dup\nforce open fd=x\nexempt pipe");
  EXPECT_EQ(parsed.complaints.size(), 2U);
  ASSERT_EQ(parsed.rules.size(), 2U);
  EXPECT_TRUE(parsed.rules[1].calls.contains(Call::pipe2));
}

TEST(Parse, StopsAtTheLimits) {
  std::string rules;
  for (unsigned i = 0; i < most_rules + 5; ++i) rules += "force\n";
  const Parsed many = parse(rules);
  EXPECT_EQ(many.rules.size(), most_rules);
  EXPECT_THAT(many.complaints, ElementsAre("1025:1: more than 1,024 rules"));

  const Parsed large = parse(std::string(longest_policy - 6, '\n') + "exempt\nexempt");
  EXPECT_EQ(large.rules.size(), 1U);
  EXPECT_EQ(large.complaints.size(), 1U);
}

TEST(Parse, WorksAtCompileTime) {
  constexpr unsigned rules = [] {
    unsigned count = 0;
    parse_policy(
        "exempt dup2 when=child; force fopen", [&](const Rule&) { ++count; }, [](const Complaint&) { throw 0; });
    return count;
  }();
  static_assert(rules == 2);
}

TEST(Glob, MatchesAsShellsDo) {
  EXPECT_TRUE(matches_glob("libcrypto.so*", "libcrypto.so.3"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(matches_glob("[a-c]?[!x]", "bzy"));
  EXPECT_TRUE(matches_glob("\\*", "*"));
  EXPECT_TRUE(matches_glob("[", "["));
  EXPECT_TRUE(matches_glob("[]x]", "]"));
  EXPECT_FALSE(matches_glob("\\*", "x"));
  EXPECT_FALSE(matches_glob("[!x]", "x"));
  EXPECT_FALSE(matches_glob("a", "ab"));
  EXPECT_FALSE(matches_glob("", "a"));
}

TEST(Glob, EndsSoonForPatternsThatBacktrack) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "a*";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(5000, 'a')));
}

TEST(Program, IsMatchedByBaseNameOrWholePath) {
  EXPECT_TRUE(matches_program("sh,bash", "/usr/bin/bash"));
  EXPECT_TRUE(matches_program("/usr/bin/*", "/usr/bin/bash"));
  EXPECT_FALSE(matches_program("sh,das", "/usr/bin/bash"));
  EXPECT_FALSE(matches_program("/bin/bash", "/usr/bin/bash"));
}

Verdict verdict_of(const std::string& text, Call1 call) {
  const Parsed parsed = parse(text);
  EXPECT_THAT(parsed.complaints, IsEmpty());
  const Opinion opinion = ask(parsed.rules.at(0), parsed.text, call);
  return opinion.matches ? opinion.verdict : Verdict::force;
}

TEST(Rule, LooksAtEachKey) {
  EXPECT_EQ(verdict_of("exempt", {}), Verdict::exempt);
  EXPECT_EQ(verdict_of("exempt open path=/var/log/*", {.written = "/var/log/x"}), Verdict::exempt);
  EXPECT_EQ(verdict_of("exempt open path=/var/log/*", {.written = "/etc/x"}), Verdict::force);
  EXPECT_EQ(verdict_of("exempt module=libjava.so", {.object = "libjava.so"}), Verdict::exempt);
  EXPECT_EQ(verdict_of("exempt module=libjava.so", {.object = "libcrypto.so.3"}), Verdict::force);
  EXPECT_EQ(verdict_of("exempt when=child", {.forked = true}), Verdict::exempt);
  EXPECT_EQ(verdict_of("exempt when=parent", {.forked = true}), Verdict::force);
  EXPECT_EQ(verdict_of("exempt fd=5-7", {.number = 6}), Verdict::exempt);
  EXPECT_EQ(verdict_of("exempt fd=5-7", {.number = 8}), Verdict::force);
}

TEST(Parse, RefusesRulesThatCanNeverMatch) {
  for (const std::string calls : {"pipe", "dup2,socket", "accept,syscall"}) {
    const std::string place = "1:" + std::to_string(9 + calls.size()) + ": ";
    EXPECT_THAT(parse("exempt " + calls + " path=/x").complaints,
                ElementsAre(place + "only for calls of the families open, stdio, temp and exec: 'path'"));
  }
  for (const std::string calls : {"", "* ", "open ", "pipe,fopen ", "exec ", "posix_spawn ", "mkstemp "})
    EXPECT_THAT(parse("exempt " + calls + "path=/x").complaints, IsEmpty()) << calls;
  EXPECT_THAT(parse("force dup2 fd=0-2").complaints,
              ElementsAre("1:15: 0 to 2 are always inheritable, so that a rule never forces '0-2'"));
  EXPECT_THAT(parse("force dup2 fd=0-3; exempt fd=0-2").complaints, IsEmpty());
}

/// Facts that count how often each is looked at.
struct Counting : Call1 {
  int* path_lookups = nullptr;
  int* module_lookups = nullptr;

  std::string_view path() const {
    ++*path_lookups;
    return Call1::path();
  }
  std::string_view module() const {
    ++*module_lookups;
    return Call1::module();
  }
};

TEST(Rule, LooksForThePathOnlyWhenAllElseMatches) {
  int paths = 0;
  int modules = 0;
  const auto ask_counting = [&](const std::string& text, Call1 call) {
    const Parsed parsed = parse(text);
    Counting counting{call, &paths, &modules};
    return ask(parsed.rules.at(0), parsed.text, counting).matches;
  };
  const Call1 call{.number = 7, .written = "/x", .object = "m", .started = "t"};
  for (const std::string key : {"own=yes", "announced=yes", "when=child", "fd=8", "target=u"})
    EXPECT_FALSE(ask_counting("exempt exec path=/x module=m " + key, call)) << key;
  EXPECT_EQ(paths + modules, 0);
  EXPECT_FALSE(ask_counting("exempt exec path=/x module=n", call));
  EXPECT_EQ(paths, 0);
  EXPECT_EQ(modules, 1);
  EXPECT_TRUE(ask_counting("exempt exec path=/x module=m fd=7 target=t", call));
  EXPECT_EQ(paths, 1);
}

TEST(Rule, SaysSoWhenItDependsOnTheNumber) {
  EXPECT_EQ(verdict_of("exempt fd=5-7", {}), Verdict::depends);
  EXPECT_EQ(verdict_of("exempt fd=5-7 when=child", {}), Verdict::force);
}

}  // namespace
}  // namespace cloexec
