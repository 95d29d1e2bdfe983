// SPDX-License-Identifier: Apache-2.0
//
// Rules of the exec family: what the parser takes of them; and what the standard profile says of the programs that it
// is made for.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "policy/policy.h"
#include "policy/profile.h"

namespace cloexec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> complaints_of(std::string_view text) {
  std::vector<std::string> complaints;
  parse_policy(
      text, [](const Rule&) {},
      [&](const Complaint& complaint) {
        complaints.push_back(std::to_string(complaint.line) + ":" + std::to_string(complaint.column) + ": ");
        complaint.say([&](std::string_view part) { complaints.back() += part; });
      });
  return complaints;
}

struct Facts {
  int number = 7;
  bool forked = false;
  std::string_view started = "/bin/x";
  bool told = false;
  bool made = false;
  std::string_view object = "x";
  std::string_view written = {};

  int fd() const { return number; }
  std::string_view path() const { return written; }
  std::string_view module() const { return object; }
  bool is_child() const { return forked; }
  std::string_view target() const { return started; }
  bool is_own() const { return made; }
  bool is_announced() const { return told; }
};

Verdict decide_by(std::string_view text, Call call, Facts facts, std::vector<std::string_view> names = {}) {
  std::vector<Rule> rules;
  parse_policy(
      text,
      [&](const Rule& rule) {
        if (concerns(rule, text, names)) rules.push_back(rule);
      },
      [](const Complaint& complaint) { ADD_FAILURE() << complaint.what; });
  const RuleSet set{"test", text, rules};
  return decide({&set, 1}, call, facts).verdict;
}

TEST(ExecRule, HasItsOwnKeys) {
  EXPECT_THAT(complaints_of("exempt exec target=sh,/bin/ls announced=yes when=child fd=3 program=x module=y"),
              IsEmpty());
  EXPECT_THAT(complaints_of("exempt execve,posix_spawn target=x; exempt fexecve announced=yes"), IsEmpty());
  for (const std::string calls : {"", "* ", "open ", "exec,open ", "execve,dup2 "}) {
    const std::string place = "1:" + std::to_string(8 + calls.size()) + ": ";
    EXPECT_THAT(complaints_of("exempt " + calls + "target=x"),
                ElementsAre(place + "only for calls of the exec family: 'target'"));
    for (const std::string key : {"announced", "own"})
      EXPECT_THAT(complaints_of("exempt " + calls + key + "=yes"),
                  ElementsAre(place + "only for calls of the exec family: '" + key + "'"));
  }
}

TEST(ExecRule, RefusesWhatCanNeverMatch) {
  EXPECT_THAT(
      complaints_of("exempt posix_spawn,posix_spawnp own=yes"),
      ElementsAre("1:33: what posix_spawn starts has made nothing, so that a rule for it never matches by 'own'"));
  EXPECT_THAT(complaints_of("exempt posix_spawn when=parent"),
              ElementsAre("1:25: what posix_spawn starts is a child, never a 'parent'"));
  EXPECT_THAT(complaints_of("exempt execve,posix_spawn own=yes when=parent; exempt posix_spawn when=child"), IsEmpty());
}

TEST(ExecRule, SaysWhatIsWrong) {
  EXPECT_THAT(complaints_of("exempt exec announced=no"), ElementsAre("1:23: 'announced' is yes, not 'no'"));
  EXPECT_THAT(complaints_of("exempt exec announced=yes announced=yes"), ElementsAre("1:27: given twice: 'announced'"));
  EXPECT_THAT(complaints_of("exempt exec own=no"), ElementsAre("1:17: 'own' is yes, not 'no'"));
  EXPECT_THAT(complaints_of("exempt exec target=x target=y"), ElementsAre("1:22: given twice: 'target'"));
  EXPECT_THAT(complaints_of("exempt exec target="), ElementsAre("1:20: no value for 'target'"));
  EXPECT_THAT(complaints_of("exempt exec taget=x"), ElementsAre("1:13: unknown key 'taget', did you mean 'target'?"));
  EXPECT_THAT(complaints_of("exempt exce"), ElementsAre("1:8: unknown call 'exce', did you mean 'exec'?"));
  EXPECT_THAT(complaints_of("exempt execvpx"), ElementsAre("1:8: unknown call 'execvpx', did you mean 'execvp'?"));
}

TEST(ExecRule, LooksAtTargetAndAnnouncement) {
  EXPECT_EQ(decide_by("exempt exec target=x", Call::execve, {}), Verdict::exempt);
  EXPECT_EQ(decide_by("exempt exec target=y,x", Call::posix_spawn, {}), Verdict::exempt);
  EXPECT_EQ(decide_by("exempt exec target=/bin/*", Call::execve, {}), Verdict::exempt);
  EXPECT_EQ(decide_by("exempt exec target=/usr/*", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("exempt exec announced=yes", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("exempt exec announced=yes", Call::execve, {.told = true}), Verdict::exempt);
  EXPECT_EQ(decide_by("exempt exec own=yes", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("exempt exec own=yes", Call::execve, {.made = true}), Verdict::exempt);
  EXPECT_EQ(decide_by("exempt exec own=yes announced=yes", Call::execve, {.made = true}), Verdict::force);
  EXPECT_EQ(decide_by("exempt exec path=/run/*", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("exempt exec path=/run/*", Call::execve, {.written = "/run/lock"}), Verdict::exempt);
  EXPECT_EQ(decide_by("exempt exec path=/run/*", Call::execve, {.written = "/etc/x"}), Verdict::force);
  EXPECT_EQ(decide_by("exempt exec fd=7", Call::execve, {}), Verdict::exempt);
  EXPECT_EQ(decide_by("exempt exec fd=8", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("force exec target=x; exempt exec", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("exempt execv", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("exempt", Call::execve, {}), Verdict::force);
  EXPECT_EQ(decide_by("exempt *", Call::posix_spawn, {}), Verdict::force);
}

Verdict standard(Call call, Facts facts, std::vector<std::string_view> names = {"/usr/bin/x"}) {
  return decide_by(standard_profile(), call, facts, std::move(names));
}

TEST(StandardProfile, ForcesWhatNoRuleIsFor) {
  for (const Call call :
       {Call::open, Call::socket, Call::pipe, Call::dup, Call::fcntl, Call::accept, Call::memfd_create})
    for (const bool forked : {false, true}) EXPECT_EQ(standard(call, {.forked = forked}), Verdict::force);
  EXPECT_EQ(standard(Call::dup2, {}), Verdict::force);
  EXPECT_EQ(standard(Call::execve, {.forked = true}), Verdict::force);
  EXPECT_EQ(standard(Call::posix_spawn, {.forked = true}), Verdict::force);
}

TEST(StandardProfile, LeavesShellsAlone) {
  for (const auto* shell : {"sh", "bash", "/bin/dash", "/usr/bin/zsh5", "-bash", "busybox", "busybox.static", "ksh93",
                            "mksh", "rbash", "/bin/ash", "yash", "posh", "ksh2020", "lksh", "oksh", "loksh"})
    for (const Call call : {Call::open, Call::dup2, Call::fcntl, Call::pipe})
      EXPECT_EQ(standard(call, {}, {shell}), Verdict::exempt) << shell;
  for (const auto* other : {"bashful", "fish-not", "sshd", "/bin/sh/x", "pwsh", "crash", "dashboard", "wish",
                            "kshutdown", "busyboxd", "zshaolin", "mkshrc"})
    EXPECT_EQ(standard(Call::open, {}, {other}), Verdict::force) << other;
  // A busybox or a script: one of the names is enough.
  EXPECT_EQ(standard(Call::open, {}, {"/usr/bin/x", "/bin/sh", "x"}), Verdict::exempt);
}

TEST(StandardProfile, ForcesWhatAChildMoves) {
  for (const Call call : {Call::dup2, Call::dup3, Call::__dup2})
    for (const bool forked : {false, true}) EXPECT_EQ(standard(call, {.forked = forked}), Verdict::force);
}

TEST(StandardProfile, GivesOnWhatIsMeant) {
  EXPECT_EQ(standard(Call::execve, {}), Verdict::force);
  for (const bool forked : {false, true})
    EXPECT_EQ(standard(Call::execve, {.forked = forked, .made = true}), Verdict::exempt);
  EXPECT_EQ(standard(Call::posix_spawn, {.forked = true, .told = true}), Verdict::exempt);
  EXPECT_EQ(standard(Call::execve, {.forked = true, .told = true}), Verdict::exempt);
  EXPECT_EQ(standard(Call::execve,
                     {.forked = true, .started = "/usr/lib/jvm/java-17/lib/jspawnhelper", .object = "libjava.so"}),
            Verdict::exempt);
}

TEST(StandardProfile, LetsServersInterpretersGiveTheirOwnOnly) {
  for (const auto* program :
       {"php8.2", "php-cgi8.2", "php-fpm8.2", "/usr/sbin/php-fpm7.4", "php-fpm", "php-fpm82", "php-cgi82",
        "php8.2-fcgi", "php84", "phpize", "lsphp", "/usr/local/lsws/lsphp81/bin/lsphp", "lsphp8.1", "apache2",
        "apache2-worker", "httpd", "httpd-prefork", "httpd.worker", "unitd"}) {
    EXPECT_EQ(standard(Call::execve, {.told = true}, {program}), Verdict::force) << program;
    EXPECT_EQ(standard(Call::execve, {.told = true, .made = true}, {program}), Verdict::exempt) << program;
  }
  for (const auto* other : {"ph", "xphp", "nginx", "lighttpd", "xapache2", "perl"})
    EXPECT_EQ(standard(Call::execve, {.told = true}, {other}), Verdict::exempt) << other;
}

TEST(StandardProfile, KnowsRuntimesByTheModuleThatCalls) {
  const std::vector<std::string_view> python = {"/usr/bin/python3.11"};
  EXPECT_EQ(standard(Call::dup2, {.object = "python3.11"}, python), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = "libpython3.11.so.1.0"}, python), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = "libcrypto.so.3"}, python), Verdict::force);
  EXPECT_EQ(standard(Call::dup2, {.object = "python3.11"}), Verdict::force);
  EXPECT_EQ(standard(Call::open, {.object = "python3.11"}, python), Verdict::force);
  EXPECT_EQ(standard(Call::dup2, {.object = "POSIX.so"}, {"/usr/bin/perl"}), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = "perl"}, {"/usr/bin/perl"}), Verdict::force);
  EXPECT_EQ(standard(Call::dup2, {.object = "posix.so"}, {"/usr/bin/lua5.3"}), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = "unistd.so"}, {"/usr/bin/lua5.4"}), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = "socket.so"}, {"/usr/bin/lua5.4"}), Verdict::force);
  EXPECT_EQ(standard(Call::dup3, {.object = "dllunix.so"}, {"/usr/bin/ocamlrun"}), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = "libguile-3.0.so.1"}, {"/usr/bin/guile-3.0"}), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = "libchicken.so.11"}, {"/usr/bin/csi"}), Verdict::exempt);
  EXPECT_EQ(standard(Call::dup2, {.object = ""}, {"/usr/bin/sbcl"}), Verdict::exempt);
}

}  // namespace
}  // namespace cloexec
