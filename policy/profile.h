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
      "exempt program=sh,ash,hush,dash,bash,bash-static,rbash,ksh,ksh93,ksh2020,rksh,rksh93,mksh,mksh-static,rmksh,"
      "lksh,rlksh,oksh,loksh,posh,yash,zsh,zsh5,zsh-static,rzsh,busybox,busybox.static,busybox-static\n"
      // What a process has made itself since it began is for the program that it becomes: it had a child of its own to
      // make it in, or execs without one. Chain-loaders (flock -F, setlock, tcpserver); dup2 and F_DUPFD to a number
      // between fork and exec (sshd, postfix, libuv, svlogd); daemons that replace themselves (haproxy, uwsgi,
      // bitlbee).
      "exempt exec own=yes\n"
      // Interpreters that run other people's code inside a server: its author chooses the words of the commands that it
      // starts (CVE-2003-1307). What PHP means to pass on it moves by dup2 in the child, which owns that.
      "force exec program=php*,lsphp*,apache2*,httpd*,unitd* announced=yes\n"
      // Who is told a number is to use it: nginx's NGINX=, apt's --status-fd.
      "exempt exec announced=yes\n"
      // It goes into the background and replaces itself there at once, perhaps before its parent is gone.
      "exempt exec program=haproxy target=haproxy when=child\n"
      // Java's helper is told three numbers of those that it needs, and closes all others.
      "exempt exec target=jspawnhelper module=libjava.so\n"
      // The command that these start holds their lock: that is what they are for.
      "exempt open program=flock,daemonize\n"
      // SYSTEM and fdin=8: the shell starts inside libc, out of reach of rules for exec.
      "exempt pipe program=socat\n"
      "exempt dup2 program=socat when=child\n"
      // Its shell is told the number of its pipe by keystrokes.
      "exempt pipe program=mc,mcedit,mcview,mcdiff\n"
      // These tell a helper of their own a bare number among its words: Module 8 9, -gimp 26 9 12, -WW@S3,6, -S 9,
      // a second word, 4,7,192.0.2.1,119; nghttpx tells the next one by NGHTTPX_ACCEPT_1=tcp,5,192.0.2.1,80.
      "exempt exec program=fvwm,fvwm2,fvwm3 target=Fvwm* path=pipe:*\n"
      "exempt exec program=gimp-[1-9]*,gimp-console-[1-9]* path=pipe:*\n"
      "exempt exec program=gxemul target=xterm path=pipe:*\n"
      "exempt exec program=lxc-monitor target=lxc-monitord path=pipe:*\n"
      "exempt exec program=ctdbd target=ctdb-eventd,ctdb_*_helper path=pipe:*\n"
      "exempt exec program=innd target=innbind path=socket:*\n"
      "exempt exec program=nghttpx target=nghttpx path=socket:*\n"
      // What these functions of a language make is inheritable by their definition: PEP 446, POSIX(3perl), posix.unistd
      // of Lua, Unix.dup2, dup2 of Guile, duplicate-fileno of Chicken, sb-posix:dup2 (from Lisp code, no module).
      "exempt dup2 program=python3* module=*python3*\n"
      "exempt dup2 program=pypy3* module=*pypy3*\n"
      "exempt dup2 program=perl* module=POSIX.so\n"
      "exempt dup2 program=lua,lua5.[1-4],luajit module=[pu]*.so\n"
      "exempt dup2 program=ocaml,ocamlrun module=dllunix.so\n"
      "exempt dup3 module=ocaml\n"
      "exempt dup2 program=guile,guile-[1-9]* module=libguile-*\n"
      "exempt dup2 program=csi,chicken-csi module=libchicken.so*\n"
      "exempt dup2 program=sbcl\n"
      "exempt dup2 program=swipl module=unix.so\n"
      "exempt dup2 program=poly module=libpolyml.so*\n"
      "exempt dup2 program=tclsh*,wish* module=libtclx*\n";
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
