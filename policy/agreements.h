// SPDX-License-Identifier: Apache-2.0
//
// Words that tell a descriptor's number although their name does not say so: what single programs agree upon with those
// that start them. Read in the programs' sources and manuals.
#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

#include "catalogue/names.h"
#include "policy/glob.h"

namespace cloexec {

/// Where the number is.
enum class Place : std::uint8_t {
  nowhere,
  behind,          // `--args 7`, `--args=7`
  second_behind,   // `-MCQ 1234 7`
  both_behind,     // `--session-child 7 8`
  count_behind,    // `--preserve-fds 2`: 3 and 4
  of_terminal,     // `-Sab7`, `-S/dev/pts/4/7`
  address_behind,  // `--control=fd:7,8`
};

/// An option of a program, by its base name.
struct OptionAgreement {
  char program[20];
  char option[20];
  Place place;
};

// Arrays, not pointers: those would be relocated in every process. What one program agrees upon stands together.
inline constexpr OptionAgreement option_agreements[] = {
    {"dbus-daemon", "--print-address", Place::behind},
    {"dbus-daemon", "--print-pid", Place::behind},
    {"dbus-broker", "--controller", Place::behind},
    {"dbus-broker", "--log", Place::behind},
    {"bwrap", "--args", Place::behind},
    {"bwrap", "--file", Place::behind},
    {"bwrap", "--bind-data", Place::behind},
    {"bwrap", "--ro-bind-data", Place::behind},
    {"bwrap", "--seccomp", Place::behind},
    {"bwrap", "--userns", Place::behind},
    {"bwrap", "--userns2", Place::behind},
    {"bwrap", "--pidns", Place::behind},
    {"xdg-dbus-proxy", "--args", Place::behind},
    {"Xwayland", "-listen", Place::behind},
    {"Xwayland", "-wm", Place::behind},
    {"xterm", "-S", Place::of_terminal},
    {"lightdm", "--session-child", Place::both_behind},
    {"systemd", "--deserialize", Place::behind},
    {"systemd-executor", "--deserialize", Place::behind},
    {"perf", "--control", Place::address_behind},
    {"kitty", "--listen-on", Place::address_behind},
    {"exim", "-MCQ", Place::second_behind},  // behind the queue runner's process id; -MCt tells a port
    {"exim4", "-MCQ", Place::second_behind},
    {"dropbear", "-2", Place::behind},
    {"pppd", "passwordfd", Place::behind},
    {"pppd", "pppol2tp", Place::behind},
    {"pppd", "logfd", Place::behind},
    {"runc", "--preserve-fds", Place::count_behind},
    {"crun", "--preserve-fds", Place::count_behind},
    {"podman", "--preserve-fds", Place::count_behind},
    {"buildah", "--preserve-fds", Place::count_behind},
};

/// What the program `target` agrees upon; its rows are looked for when they are first asked for.
class Agreements {
 public:
  constexpr explicit Agreements(std::string_view target) : target_(target) {}

  constexpr Place place_of(std::string_view option) {
    if (rows_ == nullptr) find_rows();
    for (const OptionAgreement* row = rows_; row != std::end(option_agreements) && is_name(row->program, target_);
         ++row)
      if (is_name(row->option, option)) return row->place;
    return Place::nowhere;
  }

 private:
  constexpr void find_rows() {
    target_ = base_name(target_);
    const char first = target_.empty() ? '\0' : target_[0];  // most differ in it
    rows_ = option_agreements;
    while (rows_ != std::end(option_agreements) && (rows_->program[0] != first || !is_name(rows_->program, target_)))
      ++rows_;
  }

  std::string_view target_;
  const OptionAgreement* rows_ = nullptr;
};

/// How a variable's value tells numbers.
enum class ValueForm : std::uint8_t {
  none,
  list,   // 5;6;
  items,  // 127.0.0.1:9000=8,/run/php.sock=9
  flags,  // -j8 --jobserver-auth=3,4
};

struct VariableAgreement {
  char name[24];
  ValueForm form;
};

inline constexpr VariableAgreement variable_agreements[] = {
    {"NGINX", ValueForm::list},
    {"WAYLAND_SOCKET", ValueForm::list},
    {"WINESERVERSOCKET", ValueForm::list},
    {"UWSGI_EMPEROR_FD_CONFIG", ValueForm::list},
    {"FPM_SOCKETS", ValueForm::items},
    {"SERVER_STARTER_PORT", ValueForm::items},  // Server::Starter, h2o
    {"MOJO_REUSE", ValueForm::items},           // Mojolicious
    {"MAKEFLAGS", ValueForm::flags},
    {"CARGO_MAKEFLAGS", ValueForm::flags},
};

}  // namespace cloexec
