// SPDX-License-Identifier: Apache-2.0

#include "cli/unit/service.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "cli/text/file.h"
#include "cli/unit/syntax.h"

namespace cloexec::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".service";
constexpr std::string_view own_drop_in = "cloexec.conf";

/// As `systemd-analyze unit-paths` has them.
constexpr std::array system_folders = {
    "/etc/systemd/system.control",   "/run/systemd/system.control",  "/run/systemd/transient",
    "/run/systemd/generator.early",  "/etc/systemd/system",          "/etc/systemd/system.attached",
    "/run/systemd/system",           "/run/systemd/system.attached", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",      "/lib/systemd/system",
    "/run/systemd/generator.late"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// "foo@.service" of "foo@bar.service"; empty when it is no instance.
std::string template_of(const std::string& name) {
  const std::size_t at = name.find('@');
  return at == std::string::npos ? "" : name.substr(0, at + 1) + std::string(suffix);
}

/// The first file of that name, in any folder.
std::string file_of(const std::string& name) {
  for (const std::string& folder : Service::folders())
    if (const fs::path path = fs::path(folder) / name; fs::exists(path)) return path;
  return {};
}

/// The names by which drop-ins may mean it, the least special first: "service", "a-.service", "a-b.service", and of a
/// link the file's own.
std::vector<std::string> names_of(const std::string& name) {
  std::vector<std::string> names{name};
  for (std::string part = name.substr(0, name.size() - suffix.size()); part.find('-') != std::string::npos;) {
    part.resize(part.rfind('-'));
    names.push_back(part + "-" + std::string(suffix));
  }
  if (const std::string general = template_of(name); !general.empty() && general != name) names.push_back(general);
  return names;
}

/// Of files of one name the one in the first folder counts; they are read in the order of their names.
std::map<std::string, std::string> drop_ins_of(const std::set<std::string>& names) {
  std::map<std::string, std::string> files;
  for (const std::string& folder : Service::folders())
    for (const std::string& name : names) {
      std::error_code none;
      for (const auto& entry : fs::directory_iterator(fs::path(folder) / (name + ".d"), none)) {
        const std::string file = entry.path().filename();
        if (file.ends_with(".conf") && file != own_drop_in) files.try_emplace(file, entry.path());
      }
    }
  return files;
}

}  // namespace

std::vector<std::string> Service::folders() {
  std::vector<std::string> folders;
  const char* chosen = std::getenv("SYSTEMD_UNIT_PATH");
  const std::string path = chosen != nullptr ? chosen : "";
  std::istringstream parts(path);
  for (std::string folder; std::getline(parts, folder, ':');)
    if (!folder.empty()) folders.push_back(folder);
  if (path.empty() || path.ends_with(':')) folders.insert(folders.end(), system_folders.begin(), system_folders.end());
  return folders;
}

std::optional<Service> Service::find(const std::string& name) {
  std::string file = file_of(name);
  if (file.empty() && name.find('@') != std::string::npos) file = file_of(template_of(name));
  if (file.empty()) return {};
  Service service;
  std::set<std::string> names{std::string(suffix.substr(1))};
  for (const std::string& one : names_of(name)) names.insert(one);
  std::error_code none;
  const fs::path target = fs::canonical(file, none);
  if (target.filename() != name)
    for (const std::string& one : names_of(target.filename())) names.insert(one);
  service.is_masked_ = target == "/dev/null";
  if (!service.is_masked_) service.read(file);
  for (const auto& [drop_in, path] : drop_ins_of(names)) service.read(path);
  return service;
}

void Service::read(const std::string& path) {
  std::istringstream lines(read_file(path));
  is_in_section_ = false;
  std::string whole;
  for (std::string line; std::getline(lines, line);) {
    const std::string_view text = trimmed(line);
    // Also within a line that goes on.
    if (text.starts_with('#') || text.starts_with(';')) continue;
    const bool goes_on = text.ends_with('\\');
    whole += goes_on ? std::string(text.substr(0, text.size() - 1)) + " " : std::string(text);
    if (goes_on) continue;
    take_line(whole);
    whole.clear();
  }
  take_line(whole);
}

void Service::take_line(std::string_view line) {
  if (line.starts_with('[')) is_in_section_ = trimmed(line) == "[Service]";
  const std::size_t equals = line.find('=');
  if (!is_in_section_ || line.starts_with('[') || equals == std::string_view::npos) return;
  std::vector<std::string>& values = settings_[std::string(trimmed(line.substr(0, equals)))];
  const std::string_view value = trimmed(line.substr(equals + 1));
  if (value.empty())
    values.clear();
  else
    values.emplace_back(value);
}

std::vector<std::string> Service::all(std::string_view setting) const {
  const auto found = settings_.find(setting);
  return found == settings_.end() ? std::vector<std::string>() : found->second;
}

std::string Service::last(std::string_view setting) const {
  const std::vector<std::string> values = all(setting);
  return values.empty() ? "" : values.back();
}

std::vector<std::string> Service::words(std::string_view setting) const {
  std::vector<std::string> words;
  for (const std::string& value : all(setting))
    for (std::string& word : words_of(value)) words.push_back(std::move(word));
  return words;
}

bool Service::is_on(std::string_view setting) const {
  const std::string value = last(setting);
  return value == "yes" || value == "true" || value == "on" || value == "1" || value == "y" || value == "t";
}

}  // namespace cloexec::cli
