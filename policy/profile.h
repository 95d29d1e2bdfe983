// SPDX-License-Identifier: Apache-2.0
//
// The standard profile: what real programs pass on purpose, told from leaks. Parsed at compile time, so that a
// malformed rule does not compile. docs/policy.md says what each rule is for, what it costs, and which tests fail
// without it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "policy/parse.h"

namespace cloexec {

constexpr std::string_view standard_profile() {
  return
      // Shells open what their user wrote, for the commands that he wrote; their own descriptors they mark themselves.
      "exempt program=sh,ash,bash,rbash,dash,ksh*,rksh*,mksh*,lksh,oksh,yash,zsh*,rzsh*,busybox*\n"
      // Between fork and exec, dup2 to a number is plumbing: sshd, postfix, libuv, chromium, Erlang, socat.
      "exempt dup2 when=child\n"
      // A program that execs without a fork hands on what it has made itself: flock -F, setlock, tcpserver.
      "exempt exec when=parent\n"
      // The command that these start holds their lock, or is known to live by their pipe: that is what they are for.
      "exempt open program=flock,daemonize\n"
      "exempt pipe program=fghack,s6-fghack\n"
      // Makes no dup2 where its pipe has the number already that the user asked for: fdin=8.
      "exempt pipe program=socat\n"
      // Who is told a number is to use it: nginx's NGINX=, apt's --status-fd.
      "exempt exec announced=yes\n"
      // Java's helper is told three numbers of those that it needs, and closes all others.
      "exempt exec target=jspawnhelper\n"
      // Servers that go into the background and then replace themselves.
      "exempt exec program=haproxy,uwsgi* target=haproxy,uwsgi*\n"
      // What these functions of a language make is inheritable by their definition: PEP 446, POSIX(3perl).
      "exempt dup2 program=python3* module=*python3*\n"
      "exempt dup2 program=pypy3* module=*pypy3*\n"
      "exempt dup2 program=perl* module=POSIX.so\n";
}

namespace detail {

/// Not a constant: calling it ends the compilation.
void complain_of_the_standard_profile();

consteval std::size_t count_standard_rules() {
  std::size_t count = 0;
  parse_policy(
      standard_profile(), [&](const Rule&) { ++count; }, [](const Complaint&) { complain_of_the_standard_profile(); });
  return count;
}

consteval auto parse_standard_rules() {
  std::array<Rule, count_standard_rules()> rules = {};
  std::size_t count = 0;
  parse_policy(
      standard_profile(), [&](const Rule& rule) { rules[count++] = rule; }, [](const Complaint&) {});
  return rules;
}

}  // namespace detail

inline constexpr auto standard_rules = detail::parse_standard_rules();

}  // namespace cloexec
