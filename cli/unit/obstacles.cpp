// SPDX-License-Identifier: Apache-2.0

#include "cli/unit/obstacles.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "cli/doctor/findings.h"
#include "cli/doctor/locate.h"
#include "cli/text/file.h"
#include "cli/unit/command_line.h"

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

/// How much of `path` the entry covers; 0 when it lies elsewhere. Entries may begin with "-" (may be missing) and "+"
/// (in RootDirectory=), and have a ":" and options behind them (systemd.exec(5)).
std::size_t covered_by(std::string_view entry, std::string_view path) {
  entry.remove_prefix(std::min(entry.find_first_not_of("-+"), entry.size()));
  entry = entry.substr(0, entry.find(':'));
  if (entry == "/") return 1;
  while (entry.ends_with('/')) entry.remove_suffix(1);
  const bool is_below = path.starts_with(entry) && (path.size() == entry.size() || path[entry.size()] == '/');
  return is_below ? entry.size() : 0;
}

std::size_t most_covered(const Service& service, std::string_view setting, std::string_view path) {
  std::size_t most = 0;
  for (const std::string& entry : service.words(setting)) most = std::max(most, covered_by(entry, path));
  return most;
}

/// A setting that takes the folder away from the service, and leaves nothing there.
std::string hiding_setting(const Service& service, const std::string& path) {
  for (const std::string_view setting : {"InaccessiblePaths", "InaccessibleDirectories", "TemporaryFileSystem"}) {
    const std::size_t hidden = most_covered(service, setting, path);
    const std::size_t shown =
        std::max(most_covered(service, "BindPaths", path), most_covered(service, "BindReadOnlyPaths", path));
    if (hidden > shown) return fmt::format("{}=", setting);
  }
  const std::string home = service.last("ProtectHome");
  const bool has_no_home = service.is_on("ProtectHome") || home == "tmpfs";
  for (const std::string_view folder : {"/home", "/root", "/run/user"})
    if (has_no_home && covered_by(folder, path) > 0) return fmt::format("ProtectHome={}", home);
  for (const std::string_view folder : {"/tmp", "/var/tmp"})
    if (service.is_on("PrivateTmp") && covered_by(folder, path) > 0) return "PrivateTmp=";
  return {};
}

void say_place(const Service& service, const std::string& shim, bool is_for_audit, std::vector<std::string>& said) {
  // In another root it is another file of that path.
  if (const std::string root = service.last("RootDirectory"); !root.empty() && root != "/") {
    if (!fs::exists(fs::path(root) / fs::path(shim).relative_path()))
      said.push_back(fmt::format("RootDirectory={}: there is no {} in it", root, shim));
    return;
  }
  if (!service.last("RootImage").empty()) {
    said.push_back(fmt::format("RootImage=: {} has to be in the image", shim));
    return;
  }
  if (const std::string setting = hiding_setting(service, shim); !setting.empty())
    said.push_back(fmt::format("{} hides {}", setting, shim));
  if (!is_for_audit && most_covered(service, "NoExecPaths", shim) > most_covered(service, "ExecPaths", shim))
    said.push_back(fmt::format("NoExecPaths= covers {}: add ExecPaths={}", shim, shim));
}

struct User {
  uid_t uid;
  std::vector<gid_t> groups;
};

std::optional<User> user_named(const std::string& name, const std::string& group) {
  uid_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data(), end, number);
  const bool is_number = error == std::errc() && rest == end;
  const passwd* const entry = is_number ? getpwuid(number) : getpwnam(name.c_str());
  if (entry == nullptr) return {};
  User user{entry->pw_uid, {entry->pw_gid}};
  int count = 0;
  getgrouplist(entry->pw_name, entry->pw_gid, nullptr, &count);
  user.groups.resize(static_cast<std::size_t>(std::max(count, 1)), entry->pw_gid);
  getgrouplist(entry->pw_name, entry->pw_gid, user.groups.data(), &count);
  if (const struct group* other = group.empty() ? nullptr : getgrnam(group.c_str()))
    user.groups.push_back(other->gr_gid);
  return user;
}

/// `wanted` are bits as others have them: 4 to read, 1 to search.
bool may(const User& user, const struct stat& status, mode_t wanted) {
  if (status.st_uid == user.uid) return (status.st_mode >> 6U & wanted) == wanted;
  const bool is_in_group = std::find(user.groups.begin(), user.groups.end(), status.st_gid) != user.groups.end();
  return ((is_in_group ? status.st_mode >> 3U : status.st_mode) & wanted) == wanted;
}

void say_program(const CommandLine& line, const std::string& shim, std::vector<std::string>& said) try {
  if (line.program.empty()) return;
  const Findings findings = examine(locate(line.program), shim);
  const bool can_be_supervised =
      std::any_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.id == "supervise"; });
  for (const Finding& finding : findings)
    if (finding.severity == Severity::error)
      said.push_back(
          fmt::format("{}: {}{}", line.program, finding.text.substr(0, finding.text.size() - 1),
                      can_be_supervised ? "; `cloexec run --supervise --` before it in ExecStart= reaches it" : ""));
} catch (const std::runtime_error& error) {
  said.emplace_back(error.what());
}

bool is_musl(const CommandLine& line, const std::string& shim) try {
  if (line.program.empty()) return false;
  const Findings findings = examine(locate(line.program), shim);
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.id == "musl"; });
} catch (const std::runtime_error&) {
  return false;
}

/// What comes from a file takes the place of what comes from Environment=.
void say_environment(const Service& service, std::vector<std::string>& said) {
  for (const std::string& variable : service.words("UnsetEnvironment"))
    if (variable == "LD_PRELOAD" || variable.starts_with("LD_PRELOAD="))
      said.emplace_back("UnsetEnvironment= takes LD_PRELOAD away");
  for (std::string path : service.all("EnvironmentFile")) {
    if (path.starts_with('-')) path.erase(0, 1);
    if (const std::string text = fmt::format("\n{}", read_source(path));
        text.find("\nLD_PRELOAD=") != std::string::npos)
      said.push_back(fmt::format("EnvironmentFile={} sets another LD_PRELOAD: put the shim there, too", path));
  }
}

}  // namespace

std::string obstacle_for_user(const Service& service, const std::string& path) {
  const std::string name = service.last("User");
  // Specifiers and users that are made at the start are not known here.
  if (name.empty() || name.find('%') != std::string::npos || service.is_on("DynamicUser")) return {};
  const std::optional<User> user = user_named(name, service.last("Group"));
  if (!user) return fmt::format("User={}: there is no such user here", name);
  if (user->uid == 0) return {};
  fs::path part = "/";
  for (const fs::path& piece : fs::path(path).relative_path()) {
    struct stat status {};
    if (stat(part.c_str(), &status) != 0) return {};
    if (!may(*user, status, 1)) return fmt::format("User={} may not search {}", name, part.string());
    part /= piece;
  }
  struct stat status {};
  if (stat(part.c_str(), &status) != 0) return {};
  return may(*user, status, 4) ? "" : fmt::format("User={} may not read {}", name, part.string());
}

bool runs_musl(const Service& service, const std::string& shim) {
  const std::vector<CommandLine> lines = command_lines(service.all("ExecStart"));
  return std::any_of(lines.begin(), lines.end(), [&](const CommandLine& line) { return is_musl(line, shim); });
}

std::vector<std::string> obstacles_in(const Service& service, const std::string& shim, bool is_for_audit) {
  std::vector<std::string> said;
  const std::vector<CommandLine> lines = command_lines(service.all("ExecStart"));
  const bool is_sandboxed =
      std::any_of(lines.begin(), lines.end(), [](const CommandLine& line) { return !line.is_privileged(); });
  if (is_sandboxed || lines.empty()) {
    say_place(service, shim, is_for_audit, said);
    if (std::string obstacle = obstacle_for_user(service, shim); !obstacle.empty()) said.push_back(std::move(obstacle));
  }
  say_environment(service, said);
  for (const CommandLine& line : lines) say_program(line, shim, said);
  return said;
}

}  // namespace cloexec::cli
